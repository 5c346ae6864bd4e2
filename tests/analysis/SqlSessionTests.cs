using DuckDB.NET.Data;
using Game.Analysis.Sql;
using Game.LocalWebHdfs;
using Game.WebHdfs;
using Microsoft.AspNetCore.Builder;

namespace Game.Analysis.Tests;

/// <summary>What a query fetches before it is run.</summary>
public sealed class SqlSessionTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("warehouse-").FullName;
    private WebApplication _server = null!;
    private WebHdfsClient _client = null!;

    private string Copies => Path.Combine(_root, "copies");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, "hdfs", "warehouse", "alerts", "dt=2026-11-23", "hour=07")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "broken.parquet"), "this is no Parquet file", Stop);
        _server = LocalWebHdfsServer.BuildReadOnly(Path.Combine(_root, "hdfs"), "http://127.0.0.1:0");
        await _server.StartAsync(Stop);
        _client = new WebHdfsClient(new WebHdfsOptions { NameNodes = [new Uri(_server.Urls.Single())], UserName = "game" });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("selec * from alerts")]
    [InlineData("select * from alerts where")]
    [InlineData("select 1; select * from alerts limit;")]
    [InlineData("select 'alerts")]
    public async Task What_is_no_SQL_is_told_without_a_file(string sql)
    {
        (await Should.ThrowAsync<UserErrorException>(QueryAsync(sql))).Message.ShouldStartWith("Parser Error");
        Directory.Exists(Copies).ShouldBeFalse();
    }

    [Theory]
    [InlineData("select * from alerts")]
    [InlineData("summarize alerts")]
    [InlineData("describe alerts")]
    [InlineData("pivot alerts on rule")]
    public async Task What_is_SQL_fetches_what_it_needs(string sql)
    {
        await Should.ThrowAsync<UserErrorException>(QueryAsync(sql));
        Directory.GetFiles(Copies, "*.parquet", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    private const string Endless = "select * from range(1000000000000)";

    [Fact]
    public async Task Rows_are_made_as_they_are_read()
        => await QueryAsync(Endless, reader => (reader.Read() && reader.Read() && reader.GetInt64(0) == 1).ShouldBeTrue());

    [Fact]
    public async Task An_interrupt_ends_the_reading()
    {
        using CancellationTokenSource interrupt = new();
        await Should.ThrowAsync<OperationCanceledException>(QueryAsync(Endless, reader =>
        {
            while (reader.Read())
            {
                interrupt.Cancel();
            }
        }, interrupt.Token));
    }

    private Task QueryAsync(string sql) => QueryAsync(sql, _ => { });

    private async Task QueryAsync(string sql, Action<DuckDBDataReader> show, CancellationToken? cancellation = null)
    {
        using SqlSession session = new(_client, "/warehouse", Copies, _ => { });
        await session.QueryAsync(sql, show, cancellation ?? Stop);
    }
}
