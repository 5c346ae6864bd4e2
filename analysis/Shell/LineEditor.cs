namespace Game.Analysis.Shell;

/// <summary>The state of a line after a key.</summary>
internal enum Typing
{
    /// <summary>The user is still typing the line.</summary>
    Continues,

    /// <summary>Enter.</summary>
    Entered,

    /// <summary>Ctrl-C.</summary>
    Interrupted,

    /// <summary>Ctrl-D on an empty line, or the end of the input.</summary>
    Ended,
}

/// <summary>
/// Edits one line, with a history of earlier lines: arrows, Home, End, Backspace, Delete, Up and Down, Ctrl-A, -E, -K, -U, -C, -D. It does no I/O: it receives
/// keys and has a text and a cursor. (No published line editor works with the console library of this project.)
/// </summary>
internal sealed class LineEditor(IReadOnlyList<string> history)
{
    private int _recalled = history.Count;
    private string _typed = "";

    public string Text { get; private set; } = "";

    public int Cursor { get; private set; }

    /// <summary>The part of the text that one line of the terminal shows: all of it where it fits, otherwise the part around the cursor.</summary>
    /// <param name="room">How many characters fit, at least 2, including the cursor after the last character.</param>
    /// <returns>The shown part, and the cursor's position in it.</returns>
    public (string Shown, int Cursor) Window(int room)
    {
        int half = Math.Max(1, room / 2);
        int first = Text.Length < room ? 0 : Math.Max(0, (Cursor / half - 1) * half);
        return (Text.Substring(first, Math.Min(room - 1, Text.Length - first)), Cursor - first);
    }

    public Typing Apply(ConsoleKeyInfo key)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
        {
            return Control(key.Key);
        }
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return Typing.Entered;
            case ConsoleKey.LeftArrow:
                Cursor = Math.Max(0, Cursor - 1);
                break;
            case ConsoleKey.RightArrow:
                Cursor = Math.Min(Text.Length, Cursor + 1);
                break;
            case ConsoleKey.Home:
                Cursor = 0;
                break;
            case ConsoleKey.End:
                Cursor = Text.Length;
                break;
            case ConsoleKey.Backspace when Cursor > 0:
                Text = Text.Remove(--Cursor, 1);
                break;
            case ConsoleKey.Delete when Cursor < Text.Length:
                Text = Text.Remove(Cursor, 1);
                break;
            case ConsoleKey.UpArrow:
                Recall(_recalled - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_recalled + 1);
                break;
            default:
                Insert(key.KeyChar);
                break;
        }

        return Typing.Continues;
    }

    private Typing Control(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.C:
                return Typing.Interrupted;
            case ConsoleKey.D:
                return Text.Length > 0 ? Typing.Continues : Typing.Ended;
            case ConsoleKey.J or ConsoleKey.M: // a terminal's line feed and carriage return
                return Typing.Entered;
            case ConsoleKey.A:
                Cursor = 0;
                break;
            case ConsoleKey.E:
                Cursor = Text.Length;
                break;
            case ConsoleKey.K:
                Text = Text[..Cursor];
                break;
            case ConsoleKey.U:
                (Text, Cursor) = (Text[Cursor..], 0);
                break;
        }

        return Typing.Continues;
    }

    private void Insert(char c)
    {
        if (char.IsControl(c))
        {
            return;
        }
        Text = Text.Insert(Cursor++, c.ToString());
    }

    // After the newest line of the history comes the line that the user was typing.
    private void Recall(int index)
    {
        if (index < 0 || index > history.Count)
        {
            return;
        }
        if (_recalled == history.Count)
        {
            _typed = Text;
        }
        _recalled = index;
        Text = index == history.Count ? _typed : history[index];
        Cursor = Text.Length;
    }
}
