using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Game.WebHdfs;

namespace Game.Cli.Query;

/// <summary>SQL over the warehouse: fetches the files a statement needs, makes the views over them, and runs it.</summary>
internal sealed class Warehouse : IDisposable
{
    private readonly IWebHdfs hdfs;
    private readonly string root;
    private readonly FileCache cache;
    private readonly DuckDBConnection database = new("DataSource=:memory:");
    private readonly Action<string> say;

    /// <param name="say">Takes a sentence about what is fetched, when a query needs everything.</param>
    public Warehouse(IWebHdfs hdfs, string root, string cacheFolder, Action<string> say)
    {
        this.hdfs = hdfs;
        this.root = root;
        this.say = say;
        cache = new FileCache(hdfs, cacheFolder);
        database.Open();
        Execute("set TimeZone = 'UTC'");
    }

    /// <summary>Runs a statement; the caller disposes the reader before the next one.</summary>
    /// <exception cref="UserErrorException">DuckDB refuses it.</exception>
    public async Task<DuckDBDataReader> QueryAsync(string sql, CancellationToken cancellation)
    {
        try
        {
            foreach ((string view, FolderFilter filter) in Needs(sql))
                await PrepareAsync(view, filter, cancellation);
            DuckDBCommand command = database.CreateCommand();
            command.CommandText = sql;
            return (DuckDBDataReader)await command.ExecuteReaderAsync(cancellation);
        }
        catch (DuckDBException e)
        {
            throw new UserErrorException(e.Message.Trim(), e);
        }
    }

    public void Dispose() => database.Dispose();

    // What DuckDB cannot put into JSON (PIVOT, DESCRIBE, SUMMARIZE …) needs all files of the views it names.
    private IReadOnlyDictionary<string, FolderFilter> Needs(string sql)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = "select json_serialize_sql($1::varchar)::varchar";
        command.Parameters.Add(new DuckDBParameter(sql));
        JsonNode parsed = JsonNode.Parse((string)command.ExecuteScalar()!)!;
        return parsed["error"]!.GetValue<bool>()
            ? WarehouseViews.Names.Where(view => sql.Contains(view, StringComparison.OrdinalIgnoreCase)).ToDictionary(view => view, _ => FolderFilter.Everything)
            : QueryConditions.Of(parsed, new ConstantEvaluator(database));
    }

    private async Task PrepareAsync(string view, FolderFilter filter, CancellationToken cancellation)
    {
        IReadOnlyList<WarehouseFile> all = await WarehouseTree.ListAsync(hdfs, root, WarehouseViews.TopicOf(view), cancellation);
        if (all.Count == 0)
            throw new UserErrorException($"There is nothing in {root}/{WarehouseViews.TopicOf(view)} yet, so the view {view} is empty.");
        WarehouseFile[] needed = [.. all.Where(file => file.IsMisdated || filter.Allows(DateOnly.ParseExact(file.Date, "yyyy-MM-dd"), file.Hour))];
        long bytes = cache.BytesToFetch(needed);
        if (!filter.IsProven && bytes > 0)
            say($"{view}: no condition on dt, hour or {WarehouseViews.TimeColumn(view)} limits it; fetching {bytes:N0} bytes.");
        // Without any file the view still needs its columns: one file gives them, and the query's own condition excludes its rows.
        IReadOnlyList<string> local = await cache.FetchAsync(needed.Length > 0 ? needed : [all[0]], cancellation);
        Execute(WarehouseViews.Create(view, local));
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
