using Game.LocalWebHdfs;
using Microsoft.AspNetCore.Builder;

namespace Game.HdfsSink.Tests.WebHdfs;

/// <summary>The local server with its own folder, in this process.</summary>
public sealed class LocalHdfs : IHdfsUnderTest, IAsyncLifetime
{
    private WebApplication? _server;

    public string Root { get; } = Directory.CreateTempSubdirectory("local-webhdfs-").FullName;

    public Uri Address => new(_server!.Urls.Single());

    public async ValueTask InitializeAsync()
    {
        _server = LocalWebHdfsServer.Build(Root, "http://127.0.0.1:0");
        await _server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.StopAsync();
        await _server.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}

public sealed class LocalConformanceTests(LocalHdfs hdfs) : Conformance(hdfs), IClassFixture<LocalHdfs>;
