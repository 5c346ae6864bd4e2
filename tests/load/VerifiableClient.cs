using System.Text.Json;
using Running;

namespace Load;

/// <summary>One of Apache's verifiable clients: a program on Java's client that says in a line of JSON what it has sent or read.</summary>
/// <param name="tool">"verifiable-producer" or "verifiable-consumer".</param>
/// <param name="arguments">The tool's own.</param>
/// <param name="said">Gets each thing that it says, and its name.</param>
public sealed class VerifiableClient(string tool, IEnumerable<string> arguments, Action<string, JsonElement> said) : IAsyncDisposable
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromMinutes(3);
    private readonly RunningProgram _program = RunningProgram.Start(Peers.Launcher("kafka"), [tool, .. arguments], onOutput: line => Take(line, said));

    /// <summary>Fails where the program has ended by itself.</summary>
    public void ShouldRun() => _program.HasExited.ShouldBeFalse(_program.Said);

    /// <summary>Ends it in order: a producer waits for its acknowledgements, a consumer commits and leaves its group.</summary>
    public async Task FinishAsync()
    {
        _program.Send(Signal.Terminate);
        await _program.ExitAsync(EndTimeout);
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private static void Take(string line, Action<string, JsonElement> said)
    {
        if (line.StartsWith('{'))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            said(document.RootElement.GetProperty("name").GetString()!, document.RootElement);
        }
    }
}
