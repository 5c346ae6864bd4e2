using Game.LocalWebHdfs;
using Game.WebHdfs;

namespace Game.Cli.Processes;

/// <summary>
/// Where a query finds HDFS: the given address, else the running system's, else the newest system's: the outside one that it wrote to, or its folder, served in
/// this process, for reading only, so that any number of queries may look at it at once and none leaves anything behind.
/// </summary>
internal sealed class WarehouseSource : IAsyncDisposable
{
    private readonly WebHdfsClient _client;
    private readonly WebApplication? _server;

    private WarehouseSource(WebHdfsOptions hdfs, string cacheFolder, WebApplication? server)
    {
        _client = new WebHdfsClient(hdfs);
        CacheFolder = cacheFolder;
        _server = server;
    }

    public IWebHdfs Hdfs => _client;

    public string CacheFolder { get; }

    /// <param name="address">The HDFS to query; null finds one.</param>
    /// <param name="say">Takes a sentence about where the rows come from, where that is not to be expected.</param>
    /// <param name="cancellation">Of the start.</param>
    /// <exception cref="UserErrorException">There is nothing to query.</exception>
    public static async Task<WarehouseSource> OpenAsync(string? address, Action<string> say, CancellationToken cancellation)
    {
        if (address is not null)
        {
            return new WarehouseSource(GameSystem.OutsideHdfs(address), Path.Combine(SystemFolder.Root, "cache"), server: null);
        }
        if (SystemFolder.Active() is { } active && active.Running() is { } running)
        {
            return new WarehouseSource(GameSystem.HdfsOf(running), active.Cache, server: null);
        }
        SystemFolder folder = SystemFolder.Newest()
            ?? throw new UserErrorException("There is nothing to query yet: run ./game demo first, or name an HDFS with --webhdfs URL.");
        if (folder.Settled?.WebHdfs is { } outside)
        {
            say($"Reading from {outside}, the HDFS that {Path.GetFileName(folder.Path)} wrote to.");
            return new WarehouseSource(GameSystem.OutsideHdfs(outside), folder.Cache, server: null);
        }

        WebApplication local = LocalWebHdfsServer.BuildReadOnly(folder.Hdfs, "http://127.0.0.1:0");
        await local.StartAsync(cancellation);
        return new WarehouseSource(GameSystem.LocalHdfs(local.Urls.First()), folder.Cache, local);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
