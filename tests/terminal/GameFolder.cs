namespace Terminal.Tests;

/// <summary>A project folder of a test's own with a <c>game</c> that runs the published programs, so that what they print can be typed as printed.</summary>
internal sealed class GameFolder : IAsyncDisposable
{
    /// <summary>A system of which every process must be killed in the end is stopped by then.</summary>
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
        => [.. ProcessTable.WithEnvironment("GAME_HOME",
        Path).Where(line => line.Contains("/game-cli", StringComparison.Ordinal) || line.Contains(Programs.Folder, StringComparison.Ordinal))];

    /// <summary>Runs a verb in a pipe, to its end.</summary>
    public Task<CommandResult> GameAsync(params string[] arguments) => Command.RunAsync(Programs.PathOf("game-cli"), arguments, Environment);

    /// <summary>Removes it once nothing runs in it any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await Until.HoldsAsync("what ran in the folder has ended", EndLimit, () => Running.Count == 0);
        _folder.Dispose();
    }
}
