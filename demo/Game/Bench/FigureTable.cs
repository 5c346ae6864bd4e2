using Spectre.Console;

namespace Game.Cli.Bench;

/// <summary>A line of a bench's table.</summary>
/// <param name="Name">What was measured, and its unit.</param>
/// <param name="Format">A .NET format of its numbers.</param>
/// <param name="Values">One for each that was measured, ours first; null where one could not be measured.</param>
/// <param name="Aim">Of the ratio; null for none.</param>
internal sealed record Figure(string Name, string Format, IReadOnlyList<double?> Values, Aim? Aim = null)
{
    /// <summary>Ours by the peer's; null unless two were measured.</summary>
    public double? Ratio => Values is [double ours, double peer] ? ours / peer : null;
}

/// <summary>Figures side by side; of two that were measured with their ratios, and below the table whether these reach their aims.</summary>
internal static class FigureTable
{
    public static void Write(IAnsiConsole console, IReadOnlyList<string> names, IReadOnlyList<Figure> figures)
    {
        string[] columns = [.. names, .. names.Count == 2 ? ["ratio"] : (string[])[]];
        Table table = new Table().AddColumn(new TableColumn("").NoWrap());
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)).RightAligned());
        }
        foreach (Figure figure in figures)
        {
            string[] cells = [figure.Name, .. figure.Values.Select(value => Text(value, figure.Format)), Text(figure.Ratio, "F2")];
            table.AddRow(cells[..(columns.Length + 1)]);
        }
        console.Write(table);
        foreach (Figure figure in figures)
        {
            if (figure is { Aim: { } aim, Ratio: { } ratio })
            {
                console.WriteLine($"{figure.Name}: {Text(ratio, "F2")}, {aim.Verdict(ratio)}");
            }
        }
    }

    private static string Text(double? value, string format) => value is { } number ? number.ToString(format) : "-";
}
