using Game.Contracts;
using Spectre.Console;

namespace Game.Analysis.Results;

/// <summary>Writes rows for people: as a table, or where a table does not fit the terminal, with one field on each line.</summary>
internal static class ResultTable
{
    /// <summary>The most rows that a table shows; CSV and JSON show all.</summary>
    private const int MaxRows = 200;

    /// <summary>The narrowest column, in characters, to which a longer text may be wrapped; narrower ones are hard to read.</summary>
    private const int LeastWidth = 16;

    /// <summary>Characters around each column: a bar, and a space on either side.</summary>
    private const int Frame = 3;

    // A pipe has no width: no text is wrapped there.
    private const int NoWidth = 1_000_000;

    public static void Write(ResultRows rows, TextWriter output, int? terminalWidth)
    {
        if (rows.Names is ["explain_key", "explain_value"])
        {
            WritePlans(rows, output);
            return;
        }

        string[] names = [.. rows.Names.Select(VisibleText.Escape)];
        List<string[]> shown = new();
        long count = 0;
        for (; rows.Next(); count++)
        {
            if (shown.Count < MaxRows)
            {
                shown.Add([.. Enumerable.Range(0, names.Length).Select(column => rows[column] is { } text ? VisibleText.Escape(text) : "NULL")]);
            }
        }

        int width = terminalWidth ?? NoWidth;
        bool fits = LeastTableWidth(names, shown) <= width;
        if (fits)
        {
            WriteTable(names, shown, output, width);
        }
        else
        {
            WriteRecords(names, shown, output, width);
            output.WriteLine($"{names.Length} columns do not fit {width} characters: each row is shown one field a line.");
        }

        output.WriteLine($"{count} row{(count == 1 ? "" : "s")}{(count > MaxRows ? $"; the first {MaxRows} are shown, --csv gives all" : "")}");
    }

    /// <summary>Writes what EXPLAIN returns: drawings of many lines, which a table would break.</summary>
    private static void WritePlans(ResultRows rows, TextWriter output)
    {
        while (rows.Next())
        {
            output.WriteLine(VisibleText.EscapeLines(rows[1] ?? "").TrimEnd());
        }
    }

    private static int LeastTableWidth(string[] names, List<string[]> rows)
        => (Frame * names.Length) + 1
            + names.Select((name, column) => Math.Min(LeastWidth, rows.Select(row => Width(row[column])).Append(Width(name)).Max())).Sum();

    private static void WriteTable(string[] names, List<string[]> rows, TextWriter output, int width)
    {
        Table table = new();
        foreach (string name in names)
        {
            table.AddColumn(new TableColumn(Markup.Escape(name)));
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        AnsiConsoleSettings plain = new() { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.No, Interactive = InteractionSupport.No };
        IAnsiConsole console = AnsiConsole.Create(plain);
        console.Profile.Width = width;
        console.Write(table);
    }

    private static void WriteRecords(string[] names, List<string[]> rows, TextWriter output, int width)
    {
        int indent = names.Max(Width);
        for (int number = 1; number <= rows.Count; number++)
        {
            string title = $"── row {number} ";
            output.WriteLine(title + new string('─', Math.Max(0, Math.Min(width, 80) - title.Length)));
            for (int column = 0; column < names.Length; column++)
            {
                output.WriteLine($"{names[column]}{new string(' ', indent - Width(names[column]))}  {rows[number - 1][column]}");
            }
        }
    }

    private static int Width(string text) => new Spectre.Console.Rendering.Segment(text).CellCount();
}
