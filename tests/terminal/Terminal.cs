using System.Globalization;

namespace Terminal.Tests;

/// <summary>A terminal of tmux, on a server of its own, in which one command line runs. What it shows is what a person sees.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    private const string ExitLine = "the exit code is ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly string _socket = $"game-test-{Guid.NewGuid():N}";
    private readonly IReadOnlyDictionary<string, string> _environment;

    private Terminal(IReadOnlyDictionary<string, string> environment) => _environment = environment;

    /// <summary>Why nothing can be shown in a terminal here, a sentence; null where it can.</summary>
    public static string? Absent { get; } = Command.Find("tmux") is null ? "tmux is not here, in which the programs are looked at: apt-get install tmux."
        : null;

    /// <summary>Opens one and runs a command line of the shell in it; its exit code is shown behind it.</summary>
    /// <param name="home">The project folder, where <c>./game</c> is called.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Lines.</param>
    /// <param name="command">What would be typed.</param>
    public static async Task<Terminal> OpenAsync(GameFolder home, int width, int height, string command)
    {
        Terminal terminal = new(home.Environment);
        // The shell outlives a Ctrl-C that is meant for the command; what ignores signals here, as in the background of a shell, does not hand that on.
        string script = $"trap : INT; cd '{home.Path}'; {command}; echo \"{ExitLine}$?\"; exec cat";
        await terminal.TmuxAsync("new-session", "-d", "-x", width.ToString(CultureInfo.InvariantCulture), "-y", height.ToString(CultureInfo.InvariantCulture),
            "env", "--default-signal=INT,HUP", "sh", "-c", script);
        return terminal;
    }

    /// <summary>The lines that are visible now.</summary>
    public async Task<string[]> ScreenAsync() => Lines(await TmuxAsync("capture-pane", "-p"));

    /// <summary>The same with the codes of colors.</summary>
    public Task<string> ColoredAsync() => TmuxAsync("capture-pane", "-p", "-e");

    /// <summary>Everything from the start, also what has scrolled away.</summary>
    public Task<string> WholeAsync() => TmuxAsync("capture-pane", "-p", "-S", "-");

    /// <summary>Lines of <see cref="WholeAsync"/> that went on beyond the terminal's width.</summary>
    public async Task<IReadOnlyList<string>> WrappedAsync()
    {
        int width = int.Parse(await TmuxAsync("display-message", "-p", "#{pane_width}"), CultureInfo.InvariantCulture);
        return [.. Lines(await TmuxAsync("capture-pane", "-p", "-J", "-S", "-")).Select(line => line.TrimEnd()).Where(line => line.Length > width)];
    }

    /// <summary>Whether what is seen is the first screen, with a cursor.</summary>
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
        // What was typed, as ^C, may stand before it.
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
