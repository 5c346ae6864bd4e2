using Game.Cli.Processes;
using Game.LocalWebHdfs;
using Game.WebHdfs;

namespace Game.Cli.Query;

/// <summary>
/// Where a query finds HDFS: the given address, else the running system, else the folder of the system that started last, served in this process, for reading only, so that
/// any number of queries may look at it at once and none leaves anything behind.
/// </summary>
internal sealed class WarehouseSource : IAsyncDisposable
{
    private readonly WebHdfsClient client;
    private readonly WebApplication? server;

    private WarehouseSource(string address, string cacheFolder, WebApplication? server)
    {
        client = new WebHdfsClient(new WebHdfsOptions { NameNodes = WebHdfsOptions.ParseNameNodes(address) });
        CacheFolder = cacheFolder;
        this.server = server;
    }

    public IWebHdfs Hdfs => client;

    public string CacheFolder { get; }

    /// <exception cref="UserErrorException">There is nothing to query.</exception>
    public static async Task<WarehouseSource> OpenAsync(string? address, CancellationToken cancellation)
    {
        if (address is not null)
            return new WarehouseSource(address, Path.Combine(SystemFolder.Root, "cache"), server: null);
        if (SystemFolder.Active() is { } active && active.Running() is { } running)
            return new WarehouseSource(running.Endpoints.WebHdfs, active.Cache, server: null);
        SystemFolder folder = SystemFolder.Newest() ?? throw new UserErrorException("There is nothing to query yet: run ./game demo first, or name an HDFS with --webhdfs URL.");
        WebApplication local = LocalWebHdfsServer.BuildReadOnly(folder.Hdfs, "http://127.0.0.1:0");
        await local.StartAsync(cancellation);
        return new WarehouseSource(local.Urls.First(), folder.Cache, local);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (server is not null)
            await server.DisposeAsync();
    }
}
