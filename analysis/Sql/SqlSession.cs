using System.Data.Common;
using DuckDB.NET.Data;
using Game.Analysis.Results;
using Game.Analysis.Warehouse;
using Game.WebHdfs;

namespace Game.Analysis.Sql;

/// <summary>
/// SQL over the warehouse: fetches the files that a statement needs, creates the views over them, and runs the statement. Between statements the views exist
/// without rows, so that statements can be checked against them and lists of tables show them. For one caller at a time.
/// </summary>
internal sealed class SqlSession : IDisposable
{
    private readonly DuckDBConnection _database = new("DataSource=:memory:");
    private readonly IWebHdfs _hdfs;
    private readonly string _root;
    private readonly FileCache _cache;
    private readonly Action<string> _report;

    private SqlSession(IWebHdfs hdfs, string root, string cacheFolder, Action<string> report)
    {
        _hdfs = hdfs;
        _root = root;
        _report = report;
        _cache = new FileCache(hdfs, cacheFolder);
        _database.Open();
        _database.Execute("set TimeZone = 'UTC'");
        foreach (string view in WarehouseViews.Names)
        {
            _database.Execute(WarehouseViews.Empty(view));
        }
    }

    /// <summary>The database, for its parser.</summary>
    public DuckDBConnection Database => _database;

    /// <param name="hdfs">Where the warehouse is.</param>
    /// <param name="root">The folder of the warehouse.</param>
    /// <param name="cacheFolder">The local folder for fetched files.</param>
    /// <param name="report">Shows a sentence about what is fetched, where a statement needs all files.</param>
    /// <param name="cancellation">Cancels the check of the warehouse.</param>
    /// <exception cref="UserErrorException">The folder is not a warehouse.</exception>
    /// <exception cref="WebHdfsException">HDFS does not answer.</exception>
    public static async Task<SqlSession> OpenAsync(IWebHdfs hdfs, string root, string cacheFolder, Action<string> report, CancellationToken cancellation)
    {
        foreach (string topic in WarehouseViews.Topics)
        {
            if (await hdfs.GetFileStatusAsync($"{root}/{topic}", cancellation) is not null)
            {
                return new SqlSession(hdfs, root, cacheFolder, report);
            }
        }

        throw new UserErrorException($"The folder {root} of HDFS holds none of {string.Join(", ", WarehouseViews.Topics)}: "
            + "name the sink's folder with --warehouse, or wait until the sink has written its first rows.");
    }

    /// <summary>Runs statements, each in a transaction of its own.</summary>
    /// <exception cref="UserErrorException">One is not SQL, and none was run; or DuckDB refuses one, and the ones after it were not run.</exception>
    /// <exception cref="WebHdfsException">A file cannot be read.</exception>
    public async Task RunAsync(string sql, IResultOutput output, CancellationToken cancellation)
    {
        foreach (string statement in StatementParser.Split(_database, sql))
        {
            await RunOneAsync(statement, output, cancellation);
        }
    }

    public void Dispose() => _database.Dispose();

    private async Task RunOneAsync(string statement, IResultOutput output, CancellationToken cancellation)
    {
        try
        {
            // Where DuckDB cannot evaluate a condition, the transaction has failed: another one runs the statement over all files.
            if (!await TryRunAsync(statement, choose: true, output, cancellation))
            {
                await TryRunAsync(statement, choose: false, output, cancellation);
            }
        }
        catch (DuckDBException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new UserErrorException(e.Message.Trim(), e);
        }
    }

    // One transaction has one now(), for the choice of folders and for the rows. After it the views have no rows again, also where it fails.
    private async Task<bool> TryRunAsync(string statement, bool choose, IResultOutput output, CancellationToken cancellation)
    {
        await using DbTransaction transaction = await _database.BeginTransactionAsync(cancellation);
        StatementShape shape = StatementShape.Of(_database, statement);
        if (shape.Kind == StatementKind.Transaction)
        {
            throw new UserErrorException("Each statement is a transaction of its own: there is no BEGIN, COMMIT or ROLLBACK.");
        }

        IReadOnlyDictionary<string, IReadOnlyList<FolderCondition>?> needs = StatementNeeds.Of(_database, statement, shape.Kind);
        foreach ((string view, IReadOnlyList<FolderCondition>? conditions) in needs)
        {
            if (!await TryPrepareAsync(view, choose ? conditions : null, cancellation))
            {
                return false;
            }
        }

        await Task.Run(() => RunStatement(statement, shape, output, cancellation), CancellationToken.None);
        foreach (string view in needs.Keys)
        {
            _database.Execute(WarehouseViews.Empty(view));
            _database.Execute(Repeats.Drop(view));
        }

        _database.Execute(FolderChooser.Drop);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    private void RunStatement(string statement, StatementShape shape, IResultOutput output, CancellationToken cancellation)
    {
        Dictionary<string, string> views = shape.Kind is StatementKind.Create or StatementKind.Alter or StatementKind.Drop ? ViewDefinitions() : [];
        new StatementRun(_database, statement, shape, () => RequireUnchanged(views)).Show(output, cancellation);
    }

    /// <summary>No statement may change the warehouse's own views: the next statement would silently have them back.</summary>
    private void RequireUnchanged(Dictionary<string, string> before)
    {
        if (before.Count == 0)
        {
            return;
        }

        Dictionary<string, string> now = ViewDefinitions();
        if (before.Keys.FirstOrDefault(view => now.GetValueOrDefault(view) != before[view]) is { } changed)
        {
            throw new UserErrorException($"{changed} is a view of the warehouse, which cannot be replaced, changed or dropped: choose another name.");
        }
    }

    private Dictionary<string, string> ViewDefinitions()
    {
        using DuckDBCommand command = _database.CreateCommand();
        command.CommandText = "select view_name, sql || coalesce(comment, '') from duckdb_views() where schema_name = 'main' and not temporary and not internal";
        using DuckDBDataReader reader = command.ExecuteReader();
        Dictionary<string, string> definitions = new(StringComparer.Ordinal);
        while (reader.Read())
        {
            if (WarehouseViews.Names.Contains(reader.GetString(0)))
            {
                definitions[reader.GetString(0)] = reader.GetString(1);
            }
        }

        return definitions;
    }

    private async Task<bool> TryPrepareAsync(string view, IReadOnlyList<FolderCondition>? conditions, CancellationToken cancellation)
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
            return false; // for example a cast that fails: the statement itself reports it
        }

        WarehouseFile[] needed = [.. all.Where(file => file.IsMisdated || chosen?.Contains(file.Folder) != false)];
        long bytes = _cache.BytesToFetch(needed);
        if (chosen is null && bytes > 0)
        {
            _report($"{view}: no condition on dt, hour or {WarehouseViews.TimeColumn(view)} limits it; fetching {bytes:N0} bytes.");
        }

        await PutViewAsync(view, needed, all, cancellation);
        return true;
    }

    private async Task PutViewAsync(string view, WarehouseFile[] needed, IReadOnlyList<WarehouseFile> all, CancellationToken cancellation)
    {
        IReadOnlyList<string> files = await _cache.FetchAsync(needed, cancellation);
        if (files.Count == 0)
        {
            return;
        }

        bool any = false;
        if (WarehouseViews.Repetition(view) is { } rule)
        {
            Repeats repeats = new(_database, view, rule);
            WarehouseFile[] earlier = needed.Length == all.Count ? [] : repeats.EarlierFiles(files, [.. all.Except(needed)]);
            any = repeats.Find([.. files, .. await _cache.FetchAsync(earlier, cancellation)]);
        }

        _database.Execute(WarehouseViews.Over(view, files, any ? Repeats.Table(view) : null));
    }
}
