using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Game.Analysis.Warehouse;

namespace Game.Analysis.Sql;

/// <summary>
/// Chooses folders by conditions that DuckDB itself evaluates, one row a folder, so that types, casts and functions mean what they mean in the query. Within
/// the query's transaction now() is the same too.
/// </summary>
internal sealed class FolderChooser(DuckDBConnection database)
{
    /// <summary>dt and hour as the views have them, and the bounds of the rows' times.</summary>
    public const string Table = "temp.main.__folders";

    public const string Drop = $"drop table if exists {Table}";

    public const string First = "__first";
    public const string Last = "__last";

    /// <summary>The folders that at least one of the conditions allows; null where they allow all, were there any number.</summary>
    /// <exception cref="DuckDBException">A condition cannot be evaluated; the transaction is of no use any more.</exception>
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
                // The row without values stands for one that an outer join makes: where it passes, rows that are left out would come back as such.
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

    // The end of the hour counts in, which lets in a little more than can be there.
    private static string Row(HourFolder folder)
    {
        long start = new DateTimeOffset(folder.Date.ToDateTime(new TimeOnly(folder.Hour, 0)), TimeSpan.Zero).ToUnixTimeSeconds();
        return string.Create(CultureInfo.InvariantCulture,
            $"(date '{folder.Date:yyyy-MM-dd}', {folder.Hour}, to_timestamp({start}), to_timestamp({start + 3600}))");
    }

    // The condition takes the place of the one in a parsed statement, which is turned back into SQL.
    private string Statement(FolderCondition condition)
    {
        JsonNode statement = database.Json("select json_serialize_sql($1::varchar)::varchar", $"select dt, hour from {Table} as t where true");
        JsonNode select = statement["statements"]![0]!["node"]!;
        select["from_table"]!["alias"] = condition.Alias;
        select["where_clause"] = condition.Expression.DeepClone();
        return database.Text("select json_deserialize_sql($1::json)", statement.ToJsonString(new JsonSerializerOptions { MaxDepth = Commands.MaxDepth }));
    }
}
