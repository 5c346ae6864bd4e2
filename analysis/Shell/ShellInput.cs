namespace Game.Analysis.Shell;

/// <summary>Lines for the shell, from a terminal or a pipe.</summary>
internal interface IShellInput : IDisposable
{
    /// <summary>Whether nobody is there to mend a mistake.</summary>
    bool IsScript { get; }

    /// <param name="prompt">Shown before the line.</param>
    /// <returns>The line and how it ended.</returns>
    Task<(Typing End, string Text)> ReadLineAsync(string prompt, CancellationToken cancellation);

    /// <summary>Does something that its user may interrupt.</summary>
    Task WhileAsync(Func<CancellationToken, Task> work, CancellationToken cancellation);
}

/// <summary>A pipe or a file.</summary>
internal sealed class PipeInput(TextReader input) : IShellInput
{
    public bool IsScript => true;

    public async Task<(Typing End, string Text)> ReadLineAsync(string prompt, CancellationToken cancellation)
        => await input.ReadLineAsync(cancellation) is { } line ? (Typing.Entered, line) : (Typing.Ended, "");

    public Task WhileAsync(Func<CancellationToken, Task> work, CancellationToken cancellation) => work(cancellation);

    public void Dispose()
    {
        // The input is its giver's.
    }
}

/// <summary>A terminal, with editing and a history that outlives the session.</summary>
internal sealed class TerminalInput : IShellInput
{
    private const int HistoryKept = 500;
    private readonly TerminalKeys _keys = new();
    private readonly string _file;
    private readonly List<string> _history;

    /// <param name="folder">Where the history is kept; made where it is not there.</param>
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
        Typing typing = Typing.GoesOn;
        while (typing == Typing.GoesOn)
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

    public Task WhileAsync(Func<CancellationToken, Task> work, CancellationToken cancellation) => _keys.WhileAsync(work, cancellation);

    public void Dispose() => _keys.Dispose();

    // One line of the terminal, whatever the length of the text.
    private static void Draw(string prompt, LineEditor editor)
    {
        (string shown, int cursor) = editor.Window(Room(prompt));
        Console.Write($"\r\e[K{prompt}{shown}\r\e[{prompt.Length + cursor}C");
    }

    private static int Room(string prompt) => Math.Max(2, Console.WindowWidth - prompt.Length);
}
