using System.Globalization;
using DuckDB.NET.Data;

namespace Game.Analysis.Results;

/// <summary>The rows of a result.</summary>
/// <param name="reader">Reads texts that have the form already (<see cref="ColumnSql"/>), or plain values (<see cref="ColumnType.IsPlain"/>).</param>
/// <param name="names">The columns' names; two may have the same.</param>
/// <param name="form">The form in which the rows are shown.</param>
/// <param name="isConverted">Whether the values are texts that have the form already.</param>
internal sealed class ResultRows(DuckDBDataReader reader, IReadOnlyList<string> names, ResultForm form, bool isConverted)
{
    public IReadOnlyList<string> Names => names;

    /// <summary>Moves to the next row.</summary>
    /// <returns>False after the last row.</returns>
    public bool Next() => reader.Read();

    /// <returns>The text of a column in the current row; null for SQL's NULL.</returns>
    public string? this[int column] => reader.IsDBNull(column) ? null : Text(reader.GetValue(column));

    private string Text(object value) => value switch
    {
        string text when isConverted || form != ResultForm.Json => text,
        string text => JsonText.Of(text),
        bool flag => flag ? "true" : "false",
        _ => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
    };
}
