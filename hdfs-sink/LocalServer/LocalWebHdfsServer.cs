namespace Game.LocalWebHdfs;

/// <summary>Serves a folder by WebHDFS, as NameNode and DataNode at one address. One process may run several, over different folders.</summary>
public static class LocalWebHdfsServer
{
    /// <summary>Builds the server; the caller starts and stops it.</summary>
    /// <param name="root">The folder that clients see as "/"; the server creates it if it is missing.</param>
    /// <param name="urls">The addresses to listen on in ASP.NET Core's form, e.g. http://127.0.0.1:9870; port 0 picks a free port.</param>
    /// <exception cref="IOException">The folder cannot be made, or another server holds it.</exception>
    public static WebApplication Build(string root, string urls) => Build(WebApplication.CreateSlimBuilder(), new FolderTree(root), urls, readOnly: false);

    /// <summary>
    /// Builds a server that only reads, and so takes no lock: any number of them may serve one folder, beside one server that writes. It does not handle
    /// signals; the process that runs it does.
    /// </summary>
    /// <param name="root">The folder that clients see as "/".</param>
    /// <param name="urls">The addresses to listen on in ASP.NET Core's form; port 0 picks a free port.</param>
    public static WebApplication BuildReadOnly(string root, string urls)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return Build(builder, FolderTree.ToRead(root), urls, readOnly: true);
    }

    private static WebApplication Build(WebApplicationBuilder builder, FolderTree tree, string urls, bool readOnly)
    {
        // Program reports a failed start, in one sentence.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.WebHost.UseUrls(urls);
        // HDFS limits neither the size of a body nor the time of an upload.
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
        // The container does not dispose the tree, because the container did not make it.
        app.Lifetime.ApplicationStopped.Register(tree.Dispose);
        return app;
    }

    /// <summary>Does not handle signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
