namespace Game.Cli.Query;

/// <summary>
/// One line being typed, with the lines of before: arrows, Home, End, Backspace, Delete, Up and Down, Ctrl-A, -E, -K, -U. Pure: keys in, text and cursor out. (The registry offers
/// no line editor that works with the console library of this project.)
/// </summary>
internal sealed class LineEditor(IReadOnlyList<string> history)
{
    private int recalled = history.Count;
    private string typed = "";

    public string Text { get; private set; } = "";

    public int Cursor { get; private set; }

    /// <summary>Applies a key that is not Enter; false for Ctrl-D on an empty line, which ends the input.</summary>
    public bool Apply(ConsoleKeyInfo key)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
            return Control(key.Key);
        switch (key.Key)
        {
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
                Recall(recalled - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(recalled + 1);
                break;
            default:
                Insert(key.KeyChar);
                break;
        }

        return true;
    }

    private bool Control(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.D:
                return Text.Length > 0;
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

        return true;
    }

    private void Insert(char c)
    {
        if (char.IsControl(c))
            return;
        Text = Text.Insert(Cursor++, c.ToString());
    }

    // Below the newest line of history lies what was being typed.
    private void Recall(int index)
    {
        if (index < 0 || index > history.Count)
            return;
        if (recalled == history.Count)
            typed = Text;
        recalled = index;
        Text = index == history.Count ? typed : history[index];
        Cursor = Text.Length;
    }
}
