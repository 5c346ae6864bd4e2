using System.Globalization;
using DuckDB.NET.Data;

namespace Game.Analysis.Results;

/// <summary>The rows of a result.</summary>
/// <param name="reader">Its values are texts of the form already (<see cref="ColumnSql"/>), or plain (<see cref="ColumnType.IsPlain"/>).</param>
/// <param name="names">The columns' names; two may have the same.</param>
/// <param name="form">What the texts are for.</param>
/// <param name="isConverted">Whether the values are texts of the form.</param>
internal sealed class ResultRows(DuckDBDataReader reader, IReadOnlyList<string> names, ResultForm form, bool isConverted)
{
    public IReadOnlyList<string> Names => names;

    /// <summary>Goes on to the next row.</summary>
    /// <returns>False behind the last.</returns>
    public bool Next() => reader.Read();

    /// <returns>The text of a column in the current row; null for SQL's.</returns>
    public string? this[int column] => reader.IsDBNull(column) ? null : Text(reader.GetValue(column));

    private string Text(object value) => value switch
    {
        string text when isConverted || form != ResultForm.Json => text,
        string text => JsonText.Of(text),
        bool flag => flag ? "true" : "false",
        _ => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
    };
}
