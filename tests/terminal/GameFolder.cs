namespace Terminal.Tests;

/// <summary>
/// A project folder of one test with a script <c>game</c> that runs the published programs, so that the commands they print can be typed unchanged.
/// </summary>
internal sealed class GameFolder : IAsyncDisposable
{
    /// <summary>Enough time to stop a system, even if every process must be killed.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();

    public GameFolder()
    {
        string script = _folder.WriteFile("game", "#!/bin/sh\nexec \"$GAME_APPS/game-cli/game-cli\" \"$@\"\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment = new Dictionary<string, string>(Programs.Environment(Path), StringComparer.Ordinal) { ["LC_ALL"] = "C.UTF-8", ["TMUX_TMPDIR"] = Path };
    }

    public string Path => _folder.Path;

    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Command lines of the programs that run for this folder.</summary>
    public IReadOnlyList<string> Running
        => [.. ProcessTable.WithEnvironment("GAME_HOME", Path)
            .Where(line => line.Contains("/game-cli", StringComparison.Ordinal) || line.Contains(Programs.Folder, StringComparison.Ordinal))];

    /// <summary>Runs a verb to its end, with pipes as its streams.</summary>
    public Task<CommandResult> GameAsync(params string[] arguments) => Command.RunAsync(Programs.PathOf("game-cli"), arguments, Environment);

    /// <summary>Deletes the folder when no program runs in it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await Until.HoldsAsync("the programs of the folder have ended", EndLimit, () => Running.Count == 0);
        _folder.Dispose();
    }
}
