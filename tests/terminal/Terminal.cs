using System.Globalization;

namespace Terminal.Tests;

/// <summary>A terminal of tmux, with its own tmux server, in which one command line runs. A test sees what a user would see.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    private const string ExitLine = "the exit code is ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly string _socket = $"game-test-{Guid.NewGuid():N}";
    private readonly IReadOnlyDictionary<string, string> _environment;

    private Terminal(IReadOnlyDictionary<string, string> environment) => _environment = environment;

    /// <summary>Why tests cannot use a terminal here, in one sentence; null where they can.</summary>
    public static string? Absent { get; } = Command.Find("tmux") is null ? "tmux, which shows the programs to these tests, is not installed: apt-get install tmux."
        : null;

    /// <summary>Opens a terminal and runs a shell command line in it; its exit code is shown after its output.</summary>
    /// <param name="home">The project folder, where <c>./game</c> is called.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Lines.</param>
    /// <param name="command">The command line.</param>
    public static async Task<Terminal> OpenAsync(GameFolder home, int width, int height, string command)
    {
        Terminal terminal = new(home.Environment);
        // The shell must survive a Ctrl-C that is meant for the command. The command must not inherit ignored signals, which a background shell would pass on.
        string script = $"trap : INT; cd '{home.Path}'; {command}; echo \"{ExitLine}$?\"; exec cat";
        await terminal.TmuxAsync("new-session", "-d", "-x", width.ToString(CultureInfo.InvariantCulture), "-y", height.ToString(CultureInfo.InvariantCulture),
            "env", "--default-signal=INT,HUP", "sh", "-c", script);
        return terminal;
    }

    /// <summary>The lines that are visible now.</summary>
    public async Task<string[]> ScreenAsync() => Lines(await TmuxAsync("capture-pane", "-p"));

    /// <summary>The same with the codes of colors.</summary>
    public Task<string> ColoredAsync() => TmuxAsync("capture-pane", "-p", "-e");

    /// <summary>All lines from the start, also those that have scrolled out of view.</summary>
    public Task<string> WholeAsync() => TmuxAsync("capture-pane", "-p", "-S", "-");

    /// <summary>Lines of <see cref="WholeAsync"/> that were wider than the terminal.</summary>
    public async Task<IReadOnlyList<string>> WrappedAsync()
    {
        int width = int.Parse(await TmuxAsync("display-message", "-p", "#{pane_width}"), CultureInfo.InvariantCulture);
        return [.. Lines(await TmuxAsync("capture-pane", "-p", "-J", "-S", "-")).Select(line => line.TrimEnd()).Where(line => line.Length > width)];
    }

    /// <summary>Whether the first screen is visible, with a cursor.</summary>
    public async Task<bool> IsAsBeforeAsync() => (await TmuxAsync("display-message", "-p", "#{alternate_on} #{cursor_flag}")).Trim() == "0 1";

    public Task ResizeAsync(int width, int height)
        => TmuxAsync("resize-window", "-x", width.ToString(CultureInfo.InvariantCulture), "-y", height.ToString(CultureInfo.InvariantCulture));

    /// <summary>Types text, then a key by tmux's name, e.g. Enter or C-c.</summary>
    public async Task TypeAsync(string text, string key)
    {
        if (text.Length > 0)
        {
            await TmuxAsync("send-keys", "-l", text.EndsWith(';') ? text[..^1] + "\\;" : text); // a bare semicolon would end tmux's own command
        }

        await TmuxAsync("send-keys", key);
    }

    /// <summary>Waits until the visible lines hold the text.</summary>
    /// <returns>The lines.</returns>
    public async Task<string[]> ShowsAsync(string text)
    {
        string[] seen = [];
        try
        {
            await Until.HoldsAsync(text, Patience, async () => (seen = await ScreenAsync()).Any(line => line.Contains(text, StringComparison.Ordinal)));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"'{text}' was not shown, but:\n{string.Join('\n', seen)}", e);
        }

        return seen;
    }

    /// <summary>Waits for the end of the command.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExitCodeAsync()
    {
        // Typed characters such as ^C may precede it.
        string line = (await ShowsAsync(ExitLine)).Last(line => line.Contains(ExitLine, StringComparison.Ordinal));
        return int.Parse(line[(line.IndexOf(ExitLine, StringComparison.Ordinal) + ExitLine.Length)..], CultureInfo.InvariantCulture);
    }

    /// <summary>Closes the window, as its user would.</summary>
    public Task CloseAsync() => TmuxAsync("kill-session");

    public async ValueTask DisposeAsync() => await Command.RunAsync("tmux", ["-L", _socket, "kill-server"], _environment);

    private static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        CommandResult result = await Command.RunAsync("tmux", ["-L", _socket, "-f", "/dev/null", "-u", .. arguments], _environment);
        return result.ExitCode == 0 ? result.Output : throw new RunningProgramException($"tmux {arguments[0]}: {result.Said}");
    }
}
