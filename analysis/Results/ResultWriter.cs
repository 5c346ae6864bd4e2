using Game.Contracts;

namespace Game.Analysis.Results;

/// <summary>Writes results: tables for people, CSV or lines of JSON for programs.</summary>
/// <param name="form">The form of the results.</param>
/// <param name="output">Receives the results.</param>
/// <param name="terminalWidth">
/// Returns the width in characters of the terminal that shows the output; null where the output goes to a pipe or a file. A table fits the terminal, and the
/// writer escapes the data's control characters.
/// </param>
/// <param name="showMessage">Shows what a statement without rows did, where the output is for programs.</param>
internal sealed class ResultWriter(ResultForm form, TextWriter output, Func<int?> terminalWidth, Action<string> showMessage) : IResultOutput
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

    public void ShowMessage(string sentence)
    {
        if (form == ResultForm.Table)
        {
            output.WriteLine(sentence);
        }
        else
        {
            showMessage(sentence);
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

    // A null is an empty field, an empty text is two quotes.
    private static string Quoted(string? text)
        => text is null ? ""
            : text.Length > 0 && text.AsSpan().IndexOfAny(",\"\n\r") < 0 ? text
            : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
