using Game.Cli.Processes;
using Game.WebHdfs;

namespace Game.Cli.Query;

/// <summary>
/// Where a query finds HDFS: the given address, else the running system, else the newest demo's folder, served for the command's time by a local WebHDFS server.
/// </summary>
internal sealed class WarehouseSource : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private readonly WebHdfsClient client;
    private readonly ChildProcess? server;

    private WarehouseSource(string address, string cacheFolder, ChildProcess? server)
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
        SystemFolder folder = SystemFolder.Newest() ?? throw new UserErrorException("There is nothing to query yet: run ./game demo first, or name an HDFS with --webhdfs URL.");
        if (folder.Running() is { } running)
            return new WarehouseSource(running.Endpoints.WebHdfs, folder.Cache, server: null);
        int port = FreePorts.Take(1)[0];
        ChildProcess local = ChildProcess.Start("local-webhdfs", "local-webhdfs", ["--root", folder.Hdfs, "--port", port.ToString()], Path.Combine(folder.Logs, "query-webhdfs.log"));
        var source = new WarehouseSource($"http://127.0.0.1:{port}", folder.Cache, local);
        await source.UntilServedAsync(cancellation);
        return source;
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        if (server is null)
            return;
        server.Kill();
        await server.StopAsync();
        server.Dispose();
    }

    private async Task UntilServedAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(StartTimeout);
        while (true)
        {
            try
            {
                await client.GetFileStatusAsync("/", patience.Token);
                return;
            }
            catch (WebHdfsException) when (!server!.HasExited && !patience.IsCancellationRequested)
            {
                // Not listening yet; the client itself has paused between its tries.
            }
        }
    }
}
