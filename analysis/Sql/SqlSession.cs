using System.Data.Common;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using Game.Analysis.Warehouse;
using Game.WebHdfs;

namespace Game.Analysis.Sql;

/// <summary>SQL over the warehouse: fetches the files a statement needs, makes the views over them, and runs it. For one caller at a time.</summary>
internal sealed class SqlSession : IDisposable
{
    private readonly IWebHdfs _hdfs;
    private readonly string _root;
    private readonly FileCache _cache;
    private readonly DuckDBConnection _database = new("DataSource=:memory:");
    private readonly Action<string> _say;

    /// <param name="say">Takes a sentence about what is fetched, when a query needs everything.</param>
    public SqlSession(IWebHdfs hdfs, string root, string cacheFolder, Action<string> say)
    {
        _hdfs = hdfs;
        _root = root;
        _say = say;
        _cache = new FileCache(hdfs, cacheFolder);
        _database.Open();
        Execute("set TimeZone = 'UTC'");
    }

    /// <summary>Runs statements, and shows each one's result.</summary>
    /// <exception cref="UserErrorException">DuckDB refuses one.</exception>
    /// <exception cref="WebHdfsException">A file cannot be read.</exception>
    public async Task QueryAsync(string sql, Action<DuckDBDataReader> show, CancellationToken cancellation)
    {
        try
        {
            // A condition that cannot be evaluated beforehand leaves the transaction useless, and the query needs all files.
            if (!await TryQueryAsync(sql, choose: true, show, cancellation))
            {
                await TryQueryAsync(sql, choose: false, show, cancellation);
            }
        }
        catch (DuckDBException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new UserErrorException(e.Message.Trim(), e);
        }
    }

    public void Dispose() => _database.Dispose();

    // One transaction has one now(), for the choice of folders and for the rows.
    private async Task<bool> TryQueryAsync(string sql, bool choose, Action<DuckDBDataReader> show, CancellationToken cancellation)
    {
        await using DbTransaction transaction = await _database.BeginTransactionAsync(cancellation);
        foreach ((string view, List<FolderCondition>? conditions) in Needs(sql))
        {
            if (!await TryPrepareAsync(view, choose ? conditions : null, cancellation))
            {
                return false;
            }
        }

        await Task.Run(() => Show(sql, show, cancellation), CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    private void Show(string sql, Action<DuckDBDataReader> show, CancellationToken cancellation)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true; // rows are made as they are read: who reads only the first need not wait for all, nor hold them
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        using DuckDBDataReader reader = command.ExecuteReader();
        do
        {
            cancellation.ThrowIfCancellationRequested();
            show(reader);
        }
        while (reader.NextResult());
    }

    // What DuckDB cannot put into JSON (PIVOT, DESCRIBE, SUMMARIZE …) needs all files of the views it names.
    private IReadOnlyDictionary<string, List<FolderCondition>?> Needs(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = "select json_serialize_sql($1::varchar)::varchar";
        command.Parameters.Add(new DuckDBParameter(sql));
        JsonNode parsed = JsonNode.Parse((string)command.ExecuteScalar()!)!;
        // What is no SQL needs no file to say so: running it tells.
        if (parsed["error_type"]?.GetValue<string>() == "parser")
        {
            return new Dictionary<string, List<FolderCondition>?>();
        }
        if (parsed["error"]!.GetValue<bool>())
        {
            return WarehouseViews.Names.Where(view => sql.Contains(view, StringComparison.OrdinalIgnoreCase)).ToDictionary(view => view,
                _ => (List<FolderCondition>?)null);
        }
        if (parsed["statements"] is JsonArray { Count: 0 })
        {
            throw new UserErrorException("There is no statement in that.");
        }
        return QueryConditions.Of(parsed, new Lazy<IReadOnlySet<string>>(StableFunctions));
    }

    /// <summary>Functions all of whose forms are scalar and give the same for the same arguments all through a statement.</summary>
    private HashSet<string> StableFunctions()
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = "select function_name from duckdb_functions() group by all having bool_and(function_type = 'scalar' and stability <> 'VOLATILE')";
        using DuckDBDataReader reader = command.ExecuteReader();
        HashSet<string> names = new();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }

    private async Task<bool> TryPrepareAsync(string view, List<FolderCondition>? conditions, CancellationToken cancellation)
    {
        IReadOnlyList<WarehouseFile> all = await WarehouseTree.ListAsync(_hdfs, _root, WarehouseViews.TopicOf(view), cancellation);
        IReadOnlySet<HourFolder>? chosen = null;
        try
        {
            if (conditions is not null)
            {
                chosen = new FolderChooser(_database).Choose(conditions, all.Select(file => file.Folder).Distinct());
            }
        }
        catch (DuckDBException)
        {
            return false; // a cast of a value that is none, say: the query itself will tell
        }

        WarehouseFile[] needed = [.. all.Where(file => file.IsMisdated || chosen?.Contains(file.Folder) != false)];
        long bytes = _cache.BytesToFetch(needed);
        if (chosen is null && bytes > 0)
        {
            _say($"{view}: no condition on dt, hour or {WarehouseViews.TimeColumn(view)} limits it; fetching {bytes:N0} bytes.");
        }
        Execute(WarehouseViews.Create(view, await _cache.FetchAsync(needed, cancellation)));
        return true;
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
