using Game.Analysis.Shell;

namespace Game.Analysis.Tests;

public sealed class LineEditorTests
{
    private readonly LineEditor _editor = new(["first", "second"]);

    private LineEditorTests Type(string text)
    {
        foreach (char c in text)
        {
            _editor.Apply(new ConsoleKeyInfo(c, ConsoleKey.None, shift: false, alt: false, control: false));
        }
        return this;
    }

    private LineEditorTests Press(params ConsoleKey[] keys)
    {
        foreach (ConsoleKey key in keys)
        {
            _editor.Apply(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: false));
        }
        return this;
    }

    private Typing Control(ConsoleKey key) => _editor.Apply(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: true));

    [Fact]
    public void Text_is_typed_and_corrected()
    {
        Type("selct").Press(ConsoleKey.LeftArrow, ConsoleKey.LeftArrow).Type("e").Press(ConsoleKey.End, ConsoleKey.Backspace).Type("t 1");
        _editor.Text.ShouldBe("select 1");
        Press(ConsoleKey.Home, ConsoleKey.Delete);
        (_editor.Text, _editor.Cursor).ShouldBe(("elect 1", 0));
    }

    [Fact]
    public void The_arrow_keys_show_earlier_lines_and_then_the_typed_one_again()
    {
        Type("new").Press(ConsoleKey.UpArrow);
        _editor.Text.ShouldBe("second");
        Press(ConsoleKey.UpArrow, ConsoleKey.UpArrow);
        _editor.Text.ShouldBe("first");
        Press(ConsoleKey.DownArrow, ConsoleKey.DownArrow, ConsoleKey.DownArrow);
        (_editor.Text, _editor.Cursor).ShouldBe(("new", 3));
    }

    [Fact]
    public void Control_keys_cut_and_end()
    {
        Control(ConsoleKey.D).ShouldBe(Typing.Ended);
        Type("abcd").Press(ConsoleKey.LeftArrow);
        Control(ConsoleKey.K).ShouldBe(Typing.Continues);
        _editor.Text.ShouldBe("abc");
        Control(ConsoleKey.A);
        Press(ConsoleKey.RightArrow);
        Control(ConsoleKey.U);
        (_editor.Text, _editor.Cursor).ShouldBe(("bc", 0));
        Control(ConsoleKey.D).ShouldBe(Typing.Continues);
        Control(ConsoleKey.C).ShouldBe(Typing.Interrupted);
    }

    [Fact]
    public void A_long_line_is_shown_around_the_cursor()
    {
        Type(string.Concat(Enumerable.Range(0, 40).Select(i => $"{i:D2} ")));
        for (int room = 2; room <= 130; room++)
        {
            Press(ConsoleKey.Home);
            for (int at = 0; at <= _editor.Text.Length; at++, Press(ConsoleKey.RightArrow))
            {
                (string shown, int cursor) = _editor.Window(room);
                shown.Length.ShouldBeLessThan(room);
                cursor.ShouldBeInRange(0, shown.Length);
                _editor.Text.ShouldContain(shown);
                if (cursor < shown.Length)
                {
                    shown[cursor].ShouldBe(_editor.Text[_editor.Cursor]);
                }
            }
        }
    }

    [Fact]
    public void A_line_that_fits_is_shown_whole()
    {
        Type("select 1").Press(ConsoleKey.LeftArrow);
        _editor.Window(9).ShouldBe(("select 1", 7));
        _editor.Window(80).ShouldBe(("select 1", 7));
    }
}
