namespace Game.Analysis.Shell;

/// <summary>Reads lines for the shell, from a terminal or a pipe.</summary>
internal interface IShellInput : IDisposable
{
    /// <summary>Whether the lines come from a script, so that no user can correct a mistake.</summary>
    bool IsScript { get; }

    /// <param name="prompt">Shown before the line.</param>
    /// <returns>The line and how it ended.</returns>
    Task<(Typing End, string Text)> ReadLineAsync(string prompt, CancellationToken cancellation);

    /// <summary>Runs work that the user may interrupt with Ctrl-C.</summary>
    Task RunInterruptiblyAsync(Func<CancellationToken, Task> work, CancellationToken cancellation);
}

/// <summary>A pipe or a file.</summary>
internal sealed class PipeInput(TextReader input) : IShellInput
{
    public bool IsScript => true;

    public async Task<(Typing End, string Text)> ReadLineAsync(string prompt, CancellationToken cancellation)
        => await input.ReadLineAsync(cancellation) is { } line ? (Typing.Entered, line) : (Typing.Ended, "");

    public Task RunInterruptiblyAsync(Func<CancellationToken, Task> work, CancellationToken cancellation) => work(cancellation);

    public void Dispose()
    {
        // The caller disposes the reader.
    }
}

/// <summary>A terminal, with line editing and a history that is kept in a file.</summary>
internal sealed class TerminalInput : IShellInput
{
    private const int HistoryKept = 500;
    private readonly TerminalKeys _keys = new();
    private readonly string _file;
    private readonly List<string> _history;

    /// <param name="folder">The folder of the history file; created if it is missing.</param>
    public TerminalInput(string folder)
    {
        _file = Path.Combine(Directory.CreateDirectory(folder).FullName, "history");
        _history = File.Exists(_file) ? [.. File.ReadLines(_file).TakeLast(HistoryKept)] : [];
        File.WriteAllLines(_file, _history);
    }

    public bool IsScript => false;

    public async Task<(Typing End, string Text)> ReadLineAsync(string prompt, CancellationToken cancellation)
    {
        LineEditor editor = new(_history);
        Typing typing = Typing.Continues;
        while (typing == Typing.Continues)
        {
            Draw(prompt, editor);
            typing = editor.Apply(await _keys.NextAsync(cancellation));
        }

        Console.WriteLine(typing == Typing.Interrupted ? $"\r{prompt}{editor.Window(Room(prompt + "^C")).Shown}^C" : "");
        if (typing == Typing.Entered && !string.IsNullOrWhiteSpace(editor.Text))
        {
            _history.Add(editor.Text);
            await File.AppendAllTextAsync(_file, editor.Text + "\n", cancellation);
        }

        return (typing, editor.Text);
    }

    public Task RunInterruptiblyAsync(Func<CancellationToken, Task> work, CancellationToken cancellation) => _keys.RunInterruptiblyAsync(work, cancellation);

    public void Dispose() => _keys.Dispose();

    // Uses one line of the terminal, also where the text is longer.
    private static void Draw(string prompt, LineEditor editor)
    {
        (string shown, int cursor) = editor.Window(Room(prompt));
        Console.Write($"\r\e[K{prompt}{shown}\r\e[{prompt.Length + cursor}C");
    }

    private static int Room(string prompt) => Math.Max(2, Console.WindowWidth - prompt.Length);
}
