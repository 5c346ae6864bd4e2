namespace Game.Analysis.Shell;

/// <summary>How a line goes on after a key.</summary>
internal enum Typing
{
    GoesOn,

    /// <summary>Enter.</summary>
    Entered,

    /// <summary>Ctrl-C.</summary>
    Interrupted,

    /// <summary>Ctrl-D on an empty line, or the end of the input.</summary>
    Ended,
}

/// <summary>
/// One line being typed, with the lines of before: arrows, Home, End, Backspace, Delete, Up and Down, Ctrl-A, -E, -K, -U, -C, -D. Pure: keys in, text and
/// cursor out. (The registry offers no line editor that works with the console library of this project.)
/// </summary>
internal sealed class LineEditor(IReadOnlyList<string> history)
{
    private int _recalled = history.Count;
    private string _typed = "";

    public string Text { get; private set; } = "";

    public int Cursor { get; private set; }

    /// <summary>What a terminal line shows of the text: all of it where it fits, else the half pages around the cursor.</summary>
    /// <param name="room">Characters there is room for, at least 2, the cursor behind the last one among them.</param>
    /// <returns>The shown part, and where in it the cursor stands.</returns>
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

        return Typing.GoesOn;
    }

    private Typing Control(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.C:
                return Typing.Interrupted;
            case ConsoleKey.D:
                return Text.Length > 0 ? Typing.GoesOn : Typing.Ended;
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

        return Typing.GoesOn;
    }

    private void Insert(char c)
    {
        if (char.IsControl(c))
        {
            return;
        }
        Text = Text.Insert(Cursor++, c.ToString());
    }

    // Below the newest line of history lies what was being typed.
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
