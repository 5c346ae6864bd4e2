using DuckDB.NET.Data;
using Game.Analysis.Results;
using Game.Analysis.Sql;
using Game.LocalWebHdfs;
using Game.WebHdfs;
using Microsoft.AspNetCore.Builder;

namespace Game.Analysis.Tests;

/// <summary>A warehouse behind a local WebHDFS server, and a session that reads it.</summary>
internal sealed class TestWarehouse : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warehouse-").FullName;
    private readonly DuckDBConnection _writer = new("DataSource=:memory:");
    private readonly WebApplication _server;
    private WebHdfsClient? _client;
    private SqlSession? _session;
    private int _files;

    public TestWarehouse()
    {
        _writer.Open();
        _writer.Execute("set TimeZone = 'UTC'");
        Directory.CreateDirectory(HdfsPath("warehouse", "alerts"));
        _server = LocalWebHdfsServer.BuildReadOnly(HdfsPath(), "http://127.0.0.1:0");
    }

    /// <summary>The messages of the session, and of statements without rows.</summary>
    public List<string> Messages { get; } = [];

    private string Copies => Path.Combine(_folder, "copies");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The folders of the files fetched so far: TOPIC/dt=DATE/hour=HOUR.</summary>
    public string[] Fetched => !Directory.Exists(Copies) ? [] : [.. Directory.GetFiles(Copies, "*.parquet", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Copies, Path.GetDirectoryName(path)!)).Order(StringComparer.Ordinal)];

    public async Task<SqlSession> SessionAsync() => _session ??= await OpenAsync(WarehouseFolder.Default);

    public async Task<SqlSession> OpenAsync(string root)
    {
        if (_client is null)
        {
            await _server.StartAsync(Stop);
            _client = new WebHdfsClient(new WebHdfsOptions { NameNodes = [new Uri(_server.Urls.Single())], UserName = "game" });
        }

        return await SqlSession.OpenAsync(_client, root, Copies, Messages.Add, Stop);
    }

    /// <summary>Writes a file as the sink does.</summary>
    /// <param name="topic">The topic of the rows.</param>
    /// <param name="hour">The hour of its folder, "YYYY-MM-DD HH".</param>
    /// <param name="rows">One query for each row, which gives some of its columns.</param>
    /// <param name="isMisdated">Whether the file is one of misdated rows.</param>
    public void Write(string topic, string hour, string[] rows, bool isMisdated = false)
    {
        string view = topic.Replace('-', '_');
        _writer.Execute(WarehouseViews.Empty(view));
        _writer.Execute($"create or replace table file as select * exclude (dt, hour) from {view}");
        foreach (string row in rows)
        {
            _writer.Execute($"insert into file by name {row}");
        }

        string folder = Directory.CreateDirectory(HdfsPath("warehouse", topic, $"dt={hour[..10]}", $"hour={hour[11..]}")).FullName;
        _writer.Execute($"copy file to '{Path.Combine(folder, $"{topic}+0+{_files++:D20}+{_files:D20}{(isMisdated ? "+misdated" : "")}.parquet")}'");
    }

    /// <summary>Writes a file that has the name of a data file but is not Parquet.</summary>
    public void WriteBroken(string topic, string hour)
    {
        string folder = Directory.CreateDirectory(HdfsPath("warehouse", topic, $"dt={hour[..10]}", $"hour={hour[11..]}")).FullName;
        File.WriteAllText(Path.Combine(folder, "broken.parquet"), "this is no Parquet file");
    }

    /// <summary>The output of statements.</summary>
    /// <param name="sql">One statement or several.</param>
    /// <param name="form">The form of the results.</param>
    /// <param name="terminalWidth">The width of the terminal; null for a pipe.</param>
    public async Task<string> ShownAsync(string sql, ResultForm form, int? terminalWidth = null)
    {
        using StringWriter text = new();
        await (await SessionAsync()).RunAsync(sql, new ResultWriter(form, text, () => terminalWidth, Messages.Add), Stop);
        return text.ToString();
    }

    /// <summary>The rows of a query, as CSV without the header.</summary>
    public async Task<string[]> RowsAsync(string sql)
        => [.. (await ShownAsync(sql, ResultForm.Csv)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)];

    public async ValueTask DisposeAsync()
    {
        _session?.Dispose();
        _client?.Dispose();
        _writer.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string HdfsPath(params string[] parts) => Path.Combine([_folder, "hdfs", .. parts]);
}
