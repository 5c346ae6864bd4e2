using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Game.Analysis.Sql;
using Game.Analysis.Warehouse;

namespace Game.Analysis.Tests;

/// <summary>
/// A DuckDB with the views alerts and logins over some days. It gives the folders that a query needs, and the rows of the query from these folders or from all.
/// </summary>
internal sealed class FolderChoice : IDisposable
{
    private static readonly Lazy<IReadOnlySet<string>> NoFunctions = new(() => new HashSet<string>());
    private readonly DuckDBConnection _database = new("DataSource=:memory:");
    private readonly Lazy<IReadOnlySet<string>> _functions;

    /// <param name="from">The first day, as SQL.</param>
    public FolderChoice(string from = "current_date - 2", int days = 5)
    {
        _database.Open();
        Execute("set TimeZone = 'UTC'");
        Today = Rows("select current_date")[0];
        _functions = new(
            () => Rows("select function_name from duckdb_functions() group by all having bool_and(function_type = 'scalar' and stability <> 'VOLATILE')")
                .ToHashSet());
        foreach (string view in (string[])["alerts", "logins"])
        {
            Execute($"""
                create table all_{view} as
                select d::date as dt, h as hour, to_timestamp(epoch(d) + h * 3600 + hash(d, h, r, '{view}') % 3600) as ts, r as x
                from range({from}, {from} + {days}, interval 1 day) days(d), range(24) hours(h), range(2) rows(r)
                """);
        }

        Folders = [.. Rows("select distinct dt::varchar || ' ' || hour from all_alerts")
            .Select(text => new HourFolder(DateOnly.Parse(text[..10]), int.Parse(text[11..])))];
    }

    /// <summary>"YYYY-MM-DD".</summary>
    public string Today { get; }

    public IReadOnlyList<HourFolder> Folders { get; }

    public void Dispose() => _database.Dispose();

    /// <summary>The folders that the query needs; null where it needs all.</summary>
    public IReadOnlySet<HourFolder>? Needed(string sql, string view, bool knowsFunctions = true)
    {
        JsonNode parsed = JsonNode.Parse(Rows($"select json_serialize_sql('{sql.Replace("'", "''")}')::varchar")[0])!;
        return QueryConditions.Of(parsed, knowsFunctions ? _functions : NoFunctions).TryGetValue(view, out List<FolderCondition>? conditions)
            && conditions is not null
            ? new FolderChooser(_database).Choose(conditions, Folders)
            : null;
    }

    public string[] Answer(string sql, bool fromNeeded)
    {
        foreach (string view in (string[])["alerts", "logins"])
        {
            string where = fromNeeded && Needed(sql, view) is { } needed
                ? string.Join(" or ", needed.Select(folder => $"(dt = date '{folder.Date:yyyy-MM-dd}' and hour = {folder.Hour})").Append("false"))
                : "true";
            Execute($"create or replace view {view} as select * from all_{view} where {where}");
        }

        return [.. Rows(sql).Order(StringComparer.Ordinal)];
    }

    /// <summary>Runs in one transaction, as queries do.</summary>
    public T Within<T>(Func<T> run)
    {
        using DuckDBTransaction transaction = _database.BeginTransaction();
        T result = run();
        transaction.Commit();
        return result;
    }

    private string[] Rows(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string> rows = new();
        while (reader.Read())
        {
            rows.Add(string.Join('|',
                Enumerable.Range(0, reader.FieldCount)
                    .Select(i => reader.IsDBNull(i) ? ""
                        : reader.GetValue(i) is DateOnly date ? date.ToString("yyyy-MM-dd") : $"{reader.GetValue(i)}")));
        }
        return [.. rows];
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
