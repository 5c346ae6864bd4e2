using Running;

namespace Faults.Tests.Game;

/// <summary>One of the system's programs, which can be killed and started again at the same address.</summary>
/// <param name="name">Its name, for messages.</param>
/// <param name="program">The name of the program.</param>
/// <param name="url">The address of its health endpoints.</param>
/// <param name="arguments">Its command line.</param>
internal sealed class Part(string name, string program, string url, params string[] arguments) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(40);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private RunningProgram? _process;

    public string Name => name;

    public string Url => url;

    public int ProcessId => _process!.Id;

    public void Start() => _process = RunningProgram.Start(Programs.PathOf(program), arguments, Programs.Environment(Repository.Root));

    /// <summary>Waits until it reports that it is ready.</summary>
    public Task ReadyAsync(string path = "/readyz") => Until.HoldsAsync($"{name} is ready", ReadyTimeout, () =>
    {
        ShouldBeAlive();
        return AnswersAsync(path);
    });

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Send(Signal.Kill);
        await _process.ExitAsync(StopTimeout);
        await _process.DisposeAsync();
    }

    public void ShouldBeAlive() => _process!.HasExited.ShouldBeFalse($"the {name} must live; it said:\n{_process.Said}");

    /// <summary>If the running test has failed, adds the program's last output to the test's output.</summary>
    public void TellIfFailed() => Vital.TellIfFailed(name, _process?.Said ?? "");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private async Task<bool> AnswersAsync(string path)
    {
        try
        {
            using HttpResponseMessage response = await Http.GetAsync(url + path);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
