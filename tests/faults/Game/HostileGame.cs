namespace Faults.Tests.Game;

/// <summary>A system whose sink reaches WebHDFS through a proxy that can misbehave; shared by the tests of a class.</summary>
public sealed class HostileGame : IAsyncLifetime
{
    internal GameSystem System { get; private set; } = null!;

    internal FaultyWebHdfs Proxy { get; private set; } = null!;

    public async ValueTask InitializeAsync() => System = await GameSystem.StartAsync(async target =>
    {
        Proxy = await FaultyWebHdfs.StartAsync(target);
        return Proxy.Url;
    });

    public async ValueTask DisposeAsync()
    {
        if (System is not null)
        {
            await System.DisposeAsync();
        }
        if (Proxy is not null)
        {
            await Proxy.DisposeAsync();
        }
    }
}
