using System.Text.Json;

namespace Integration.Tests.Whole;

/// <summary>A small demo, run once for all cases that read its results.</summary>
public sealed class FinishedDemo : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly TempFolder _home = new();

    public string Home => _home.Path;

    public CommandResult Run { get; private set; } = null!;

    public JsonElement Report { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Run = await Command.RunAsync(Programs.PathOf("game-cli"),
            ["demo", "--seconds", "8", "--players", "100", "--rate", "50", "--report", _home["report.json"]], Programs.Environment(Home), timeout: Limit);
        if (File.Exists(_home["report.json"]))
        {
            using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(_home["report.json"]));
            Report = document.RootElement.Clone();
        }
    }

    public ValueTask DisposeAsync()
    {
        _home.Dispose();
        return ValueTask.CompletedTask;
    }
}
