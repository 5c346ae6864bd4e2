using System.Globalization;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;

namespace Game.Cli.Query;

/// <summary>Values of constant expressions (literals, casts, <c>now() - interval 1 day</c>), by DuckDB itself, so that they mean what they mean in the query.</summary>
internal sealed class ConstantEvaluator(DuckDBConnection database)
{
    public DateOnly? Date(JsonNode expression)
        => Evaluate(expression, "date") is { } text && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date) ? date : null;

    public long? Number(JsonNode expression) => Evaluate(expression, "bigint") is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>Epoch milliseconds.</summary>
    public long? Time(JsonNode expression)
        => Evaluate(expression, "timestamptz", "epoch_ms({0})") is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out long ms) ? ms : null;

    // The expression takes the place of the 1 in a parsed "select 1", is turned back into SQL, and that is run.
    private string? Evaluate(JsonNode expression, string type, string format = "{0}")
    {
        if (!IsConstant(expression))
            return null;
        try
        {
            JsonNode statement = JsonNode.Parse((string)Scalar("select json_serialize_sql('select 1')::varchar")!)!;
            statement["statements"]![0]!["node"]!["select_list"]!.AsArray()[0] = expression.DeepClone();
            string sql = (string)Scalar("select json_deserialize_sql($1::json)", statement.ToJsonString())!;
            string value = $"cast(({sql}) as {type})";
            return Scalar($"select ({string.Format(CultureInfo.InvariantCulture, format, value)})::varchar") as string;
        }
        catch (DuckDBException)
        {
            return null; // nothing can be proven from it
        }
    }

    private object? Scalar(string sql, string? parameter = null)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        if (parameter is not null)
            command.Parameters.Add(new DuckDBParameter(parameter));
        return command.ExecuteScalar();
    }

    private static bool IsConstant(JsonNode? node) => node switch
    {
        JsonArray array => array.All(IsConstant),
        JsonObject o => (o["class"] as JsonValue)?.GetValue<string>() is not ("COLUMN_REF" or "SUBQUERY" or "PARAMETER" or "WINDOW" or "STAR") && o.All(member => IsConstant(member.Value)),
        _ => true,
    };
}
