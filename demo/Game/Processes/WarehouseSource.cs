using Game.LocalWebHdfs;
using Game.WebHdfs;

namespace Game.Cli.Processes;

/// <summary>
/// The HDFS that a query reads: the given address, else the running system's, else the newest system's. That is the outside HDFS that it wrote to, or its
/// folder, which this process then serves read-only, so that many queries can read it at the same time.
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
    /// <param name="report">Shows a sentence that names the HDFS, where a user may not expect it.</param>
    /// <param name="cancellation">Cancels the start of the server.</param>
    /// <exception cref="UserErrorException">There is nothing to query.</exception>
    public static async Task<WarehouseSource> OpenAsync(string? address, Action<string> report, CancellationToken cancellation)
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
        if (folder.SavedOptions?.WebHdfs is { } outside)
        {
            report($"Reading from {outside}, the HDFS that {Path.GetFileName(folder.Path)} wrote to.");
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
