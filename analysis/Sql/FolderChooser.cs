using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Game.Analysis.Warehouse;

namespace Game.Analysis.Sql;

/// <summary>
/// Chooses folders by conditions. DuckDB itself evaluates them over a table with one row for each folder, so that types, casts and functions mean the same as
/// in the query; now() is the same too, within the query's transaction.
/// </summary>
internal sealed class FolderChooser(DuckDBConnection database)
{
    /// <summary>The table of the folders: dt and hour as in the views, and the bounds of the rows' times.</summary>
    public const string Table = "temp.main.__folders";

    public const string Drop = $"drop table if exists {Table}";

    public const string First = "__first";
    public const string Last = "__last";

    /// <summary>The folders that meet at least one of the conditions; null where the query needs all folders.</summary>
    /// <exception cref="DuckDBException">DuckDB cannot evaluate a condition; the transaction must be rolled back.</exception>
    public IReadOnlySet<HourFolder>? Choose(IReadOnlyList<FolderCondition> conditions, IEnumerable<HourFolder> folders)
    {
        Fill(folders);
        HashSet<HourFolder> chosen = new();
        foreach (FolderCondition condition in conditions)
        {
            using DuckDBCommand command = database.CreateCommand();
            command.CommandText = Statement(condition);
            using DuckDBDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                // The row of nulls stands for the rows that an outer join adds. Where it meets the condition, a row left out would come back as nulls.
                if (reader.IsDBNull(0))
                {
                    return null;
                }
                chosen.Add(new HourFolder(reader.GetFieldValue<DateOnly>(0), reader.GetInt32(1)));
            }
        }

        return chosen;
    }

    private void Fill(IEnumerable<HourFolder> folders)
    {
        database.Execute($"create or replace temp table {Table} (dt date, hour bigint, {First} timestamptz, {Last} timestamptz)");
        foreach (HourFolder[] some in folders.Chunk(1000))
        {
            database.Execute($"insert into {Table} values {string.Join(", ", some.Select(Row))}");
        }

        database.Execute($"insert into {Table} values (null, null, null, null)");
    }

    // The upper bound is the end of the hour itself: slightly more than a row can have, which does no harm.
    private static string Row(HourFolder folder)
    {
        long start = new DateTimeOffset(folder.Date.ToDateTime(new TimeOnly(folder.Hour, 0)), TimeSpan.Zero).ToUnixTimeSeconds();
        return string.Create(CultureInfo.InvariantCulture,
            $"(date '{folder.Date:yyyy-MM-dd}', {folder.Hour}, to_timestamp({start}), to_timestamp({start + 3600}))");
    }

    // Puts the condition into a parsed statement and turns the statement back into SQL.
    private string Statement(FolderCondition condition)
    {
        JsonNode statement = database.Json("select json_serialize_sql($1::varchar)::varchar", $"select dt, hour from {Table} as t where true");
        JsonNode select = statement["statements"]![0]!["node"]!;
        select["from_table"]!["alias"] = condition.Alias;
        select["where_clause"] = condition.Expression.DeepClone();
        return database.Text("select json_deserialize_sql($1::json)", statement.ToJsonString(new JsonSerializerOptions { MaxDepth = Commands.MaxDepth }));
    }
}
