using Spectre.Console;
using Spectre.Console.Rendering;

namespace Game.Cli.Display;

/// <summary>The parts of boards. No part is wider than the terminal cells that it may use.</summary>
internal static class BoardLayout
{
    private const char Full = '█';
    private const char Empty = '░';
    private const string Gap = "   ";
    private const int StageNameCells = 10;
    private const int StageShareCells = 7;
    private const int StageLeftCells = 16;

    public static readonly Style Plain = Style.Plain;
    public static readonly Style Strong = new(decoration: Decoration.Bold);
    public static readonly Style Label = new(Color.Grey);
    public static readonly Style Good = new(Color.Green);
    public static readonly Style Warning = new(Color.Yellow);
    public static readonly Style Bad = new(Color.Red);

    public static SegmentLine Line(string text, Style style) => [new Segment(text, style)];

    /// <summary>The text in exactly the given number of cells: cut with an ellipsis or filled with spaces. Control characters become dots.</summary>
    public static string Fit(string text, int cells)
    {
        string clean = Clean(text);
        int width = clean.GetCellWidth();
        if (width <= cells)
        {
            return clean + new string(' ', cells - width);
        }

        string cut = cells <= 1 ? "" : Segment.Truncate(new Segment(clean), cells - 1)?.Text ?? "";
        return Fill(cut + (cells > 0 ? "…" : ""), cells);
    }

    /// <summary>A heading over what follows.</summary>
    public static SegmentLine Heading(string text, int width) => Line(Fit($"── {text} {new string('─', Math.Max(0, width))}", width).Replace('…', '─'), Label);

    /// <summary>Name, bar, share and time left of each stage, a line each.</summary>
    public static IEnumerable<SegmentLine> Stages(IEnumerable<Stage> stages, int width)
    {
        int bar = Math.Max(0, width - StageNameCells - StageShareCells - StageLeftCells);
        foreach (Stage stage in stages)
        {
            int full = (int)(stage.Share * bar);
            yield return
            [
                new Segment(Fit(stage.Name, Math.Min(width, StageNameCells)), stage.IsRunning ? Strong : Label),
                new Segment(new string(Full, full), Good),
                new Segment(new string(Empty, bar - full), Label),
                new Segment(Fit($" {stage.Share,5:P0}", Math.Clamp(width - StageNameCells, 0, StageShareCells)), Plain),
                new Segment(Fit(stage.Remark, Math.Clamp(width - StageNameCells - StageShareCells, 0, StageLeftCells)), Label),
            ];
        }
    }

    /// <summary>Names and figures in as many columns as fit; where one must be cut, it is the name.</summary>
    public static IEnumerable<SegmentLine> Figures(IReadOnlyList<(string Name, string Figure)> pairs, int width)
    {
        int name = pairs.Max(pair => pair.Name.Length), figure = Math.Max(9, pairs.Max(pair => pair.Figure.Length));
        int columns = Math.Clamp((width + Gap.Length) / (name + 1 + figure + Gap.Length), 1, pairs.Count);
        name = Math.Clamp(width - 1 - figure, 0, name);
        foreach ((string Name, string Figure)[] row in pairs.Chunk(columns))
        {
            SegmentLine line = [];
            foreach ((string Name, string Figure) pair in row)
            {
                line.Add(new Segment((line.Count > 0 ? Gap : "") + Fit(pair.Name, name), Label));
                line.Add(new Segment(" " + pair.Figure.PadLeft(figure), Strong));
            }

            yield return line;
        }
    }

    /// <summary>Cuts the lines to the size of the terminal, so that the terminal neither wraps nor scrolls, whatever lines a board has.</summary>
    public static IReadOnlyList<SegmentLine> Cut(IEnumerable<SegmentLine> lines, int width, int height)
        => [.. lines.Take(height).Select(line => new SegmentLine(Segment.Truncate(line, width)))];

    public static string Clean(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '·' : c)) : text;

    private static string Fill(string text, int cells) => text + new string(' ', Math.Max(0, cells - text.GetCellWidth()));
}
