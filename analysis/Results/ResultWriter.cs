using Game.Contracts;

namespace Game.Analysis.Results;

/// <summary>Writes results: tables for people, CSV or lines of JSON for programs.</summary>
/// <param name="form">Which of them.</param>
/// <param name="output">Where to.</param>
/// <param name="terminalWidth">
/// Gives the width in characters of the terminal that shows the output: a table fits it, and no control character of the data reaches it. Gives null where
/// a pipe or a file takes the output.
/// </param>
/// <param name="say">Takes what a statement without rows did, where the output is for programs.</param>
internal sealed class ResultWriter(ResultForm form, TextWriter output, Func<int?> terminalWidth, Action<string> say) : IResultOutput
{
    public ResultForm Form => form;

    public void Show(ResultRows rows)
    {
        switch (form)
        {
            case ResultForm.Csv:
                WriteCsv(rows);
                break;
            case ResultForm.Json:
                WriteJson(rows);
                break;
            default:
                ResultTable.Write(rows, output, terminalWidth());
                break;
        }
    }

    public void Say(string sentence)
    {
        if (form == ResultForm.Table)
        {
            output.WriteLine(sentence);
        }
        else
        {
            say(sentence);
        }
    }

    private void WriteCsv(ResultRows rows)
    {
        WriteCsvLine(rows.Names);
        while (rows.Next())
        {
            WriteCsvLine(Enumerable.Range(0, rows.Names.Count).Select(column => rows[column]));
        }
    }

    private void WriteCsvLine(IEnumerable<string?> fields)
    {
        string line = string.Join(',', fields.Select(Quoted));
        output.WriteLine(terminalWidth() is null ? line : VisibleText.Escape(line));
    }

    private void WriteJson(ResultRows rows)
    {
        string[] names = [.. JsonText.Distinct(rows.Names).Select(JsonText.Of)];
        while (rows.Next())
        {
            output.WriteLine(JsonText.Line($"{{{string.Join(',', names.Select((name, column) => $"{name}:{rows[column] ?? "null"}"))}}}"));
        }
    }

    // Null is nothing at all, an empty text is quoted.
    private static string Quoted(string? text)
        => text is null ? ""
            : text.Length > 0 && text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text
            : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
