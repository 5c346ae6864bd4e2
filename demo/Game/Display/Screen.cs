using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Game.Cli.Display;

/// <summary>
/// The terminal's second screen (xterm's alternate buffer): when it is left, the terminal shows the first screen unchanged, even if its size has changed. Each
/// picture is drawn over the one before, line by line and without clearing, so that nothing flickers.
/// </summary>
internal sealed class Screen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[?7l\e[2J"; // second screen, no cursor, no wrapping, clear
    private const string Leave = "\e[?7h\e[?25h\e[?1049l";
    private const string BeginPicture = "\e[?2026h\e[H"; // shown at once where the terminal can (synchronized output), from the top left
    private const string EndOfLine = "\e[K";
    private const string EndPicture = "\e[J\e[?2026l";
    private readonly IAnsiConsole _console;
    private readonly IAnsiConsole _colored; // turns styles into the codes that the terminal knows
    private readonly StringWriter _line = new();

    public Screen(IAnsiConsole console)
    {
        _console = console;
        _colored = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(_line),
        });
        _colored.Profile.Capabilities.ColorSystem = console.Profile.Capabilities.ColorSystem;
        Write(Enter);
    }

    /// <summary>
    /// One cell less than the terminal has. Each line ends with a code that erases the rest of the line; after the last cell is written, the cursor stays on
    /// it, and the code would erase that cell.
    /// </summary>
    public int Width => Math.Max(1, _console.Profile.Width - 1);

    public int Height => Math.Max(1, _console.Profile.Height);

    public void Draw(IEnumerable<SegmentLine> picture)
    {
        int width = Width, height = Height;
        StringBuilder text = new(BeginPicture);
        bool isFirst = true;
        foreach (SegmentLine line in BoardLayout.Cut(picture, width, height))
        {
            text.Append(isFirst ? "" : "\r\n").Append(Ansi(line, width)).Append(EndOfLine);
            isFirst = false;
        }

        Write(text.Append(EndPicture).ToString());
    }

    public void Dispose() => Write(Leave);

    private string Ansi(SegmentLine line, int width)
    {
        _colored.Profile.Width = width;
        _colored.Write(new Drawn(line));
        string text = _line.ToString();
        _line.GetStringBuilder().Clear();
        return text;
    }

    private void Write(string text)
    {
        _console.Profile.Out.Writer.Write(text);
        _console.Profile.Out.Writer.Flush();
    }

    private sealed class Drawn(SegmentLine line) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => line;
    }
}
