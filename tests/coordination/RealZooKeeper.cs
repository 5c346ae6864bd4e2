using Broker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;
using Running;

[assembly: AssemblyFixture(typeof(Broker.Coordination.Tests.RealZooKeeper))]

namespace Broker.Coordination.Tests;

/// <summary>A ZooKeeper server that all cases share which do not stop it; the first case starts it.</summary>
public sealed class RealZooKeeper : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SemaphoreSlim _gate = new(1);
    private ZooKeeperServer? _server;
    private int _chroots;

    /// <summary>Skips the case where the client or the server is not installed.</summary>
    internal static void Need() => Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");

    internal static ZooKeeperCoordination Client(string address, int maxInFlight = 10, int sessionTimeoutMs = 4000) => new(
        new ZooKeeperOptions(ZooKeeperAddress.Parse(address), TimeSpan.FromMilliseconds(sessionTimeoutMs), TimeSpan.FromSeconds(30), maxInFlight),
        TimeProvider.System, NullLogger.Instance);

    internal async Task<ZooKeeperServer> ServerAsync()
    {
        Need();
        await _gate.WaitAsync();
        try
        {
            return _server ??= await ZooKeeperServer.StartAsync(_folder);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A path of two parts that is not there yet.</summary>
    internal string FreshChroot() => $"/conformance/{Interlocked.Increment(ref _chroots)}";

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
        _gate.Dispose();
        _folder.Dispose();
    }
}
