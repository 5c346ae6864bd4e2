namespace Game.LocalWebHdfs;

/// <summary>WebHDFS over a folder: NameNode and DataNode in one, at one address. Two may run in one process, over different folders.</summary>
public static class LocalWebHdfsServer
{
    /// <summary>Builds the server; the caller starts and stops it.</summary>
    /// <param name="root">The folder that is "/"; made where it is missing.</param>
    /// <param name="urls">Where to listen, as ASP.NET Core takes it, e.g. http://127.0.0.1:9870; port 0 takes a free one.</param>
    /// <exception cref="IOException">The folder cannot be made, or another server holds it.</exception>
    public static WebApplication Build(string root, string urls) => Build(WebApplication.CreateSlimBuilder(), new FolderTree(root), urls, readOnly: false);

    /// <summary>Builds a server that only reads, and so holds no lock: any number may serve one folder, beside one that writes. Signals are left to the process
    /// it runs in.</summary>
    /// <param name="root">The folder that is "/".</param>
    /// <param name="urls">As above.</param>
    public static WebApplication BuildReadOnly(string root, string urls)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return Build(builder, FolderTree.ToRead(root), urls, readOnly: true);
    }

    private static WebApplication Build(WebApplicationBuilder builder, FolderTree tree, string urls, bool readOnly)
    {
        // what fails at the start is said in one sentence by Program
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.UseUrls(urls);
        // No limit on a body, as HDFS has none: files are as large as the disk allows, and a slow upload may take its time.
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        builder.Services.AddSingleton(tree).AddSingleton(new Operations(tree, readOnly)).AddSingleton<Gateway>();
        WebApplication app = builder.Build();
        app.Map("/webhdfs/v1/{**path}", (RequestDelegate)(context => context.RequestServices.GetRequiredService<Gateway>().HandleAsync(context)));
        app.MapMethods("/healthz", [HttpMethods.Get, HttpMethods.Head], () => "ok");
        // The container disposes only what it made itself, and the tree was handed in.
        app.Lifetime.ApplicationStopped.Register(tree.Dispose);
        return app;
    }

    /// <summary>Neither waits for signals nor minds them.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
