using Game.Analysis.Warehouse;
using Game.LocalWebHdfs;
using Game.WebHdfs;
using Microsoft.AspNetCore.Builder;

namespace Game.Analysis.Tests;

public sealed class FileCacheTests : IAsyncLifetime
{
    private const int FileBytes = 1000;
    private readonly string _root = Directory.CreateTempSubdirectory("cache-").FullName;
    private WebApplication _server = null!;
    private WebHdfsClient _client = null!;

    private string Copies => Path.Combine(_root, "copies");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_root, "hdfs"));
        for (int i = 0; i < 4; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(_root, "hdfs", $"{i}"), new byte[FileBytes], Stop);
        }
        _server = LocalWebHdfsServer.BuildReadOnly(Path.Combine(_root, "hdfs"), "http://127.0.0.1:0");
        await _server.StartAsync(Stop);
        _client = new WebHdfsClient(new WebHdfsOptions { NameNodes = [new Uri(_server.Urls.Single())] });
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static WarehouseFile Hour(int i)
        => new("alerts", $"/{i}", FileBytes, ModificationTime: 1, new HourFolder(new DateOnly(2026, 11, 23), i), IsMisdated: false);

    [Fact]
    public async Task The_copies_unused_for_the_longest_time_are_deleted_when_there_are_too_many()
    {
        FileCache cache = new(_client, Copies, bound: 2 * FileBytes);
        IReadOnlyList<string> first = await cache.FetchAsync([Hour(0), Hour(1), Hour(2)], Stop);
        first.ShouldAllBe(path => File.Exists(path), "a query keeps all that it needs");
        for (int i = 0; i < first.Count; i++)
        {
            File.SetLastWriteTimeUtc(first[i], File.GetLastWriteTimeUtc(first[i]).AddHours(i - 5));
        }
        await cache.FetchAsync([Hour(0)], Stop);
        cache.BytesToFetch([Hour(0), Hour(1), Hour(2)]).ShouldBe(0, "nothing new came");
        await cache.FetchAsync([Hour(3)], Stop);
        Enumerable.Range(0, 4).Where(i => cache.BytesToFetch([Hour(i)]) == 0).ShouldBe([0, 3]);
    }
}
