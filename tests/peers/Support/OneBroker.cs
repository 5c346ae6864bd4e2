using Peers.Tests.Support;

// Java beside a broker on few cores: one case at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(OneBroker))]

namespace Peers.Tests.Support;

/// <summary>Our broker, shared by the cases that neither stop it nor need settings of their own; started when the first one asks.</summary>
public sealed class OneBroker : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly SemaphoreSlim gate = new(1);
    private BrokerProcess? broker;
    private int names;

    /// <summary>A name that no other case uses.</summary>
    public string FreshName(string about) => $"{about}-{Interlocked.Increment(ref names)}";

    public async Task<string> BootstrapServersAsync()
    {
        await gate.WaitAsync();
        try
        {
            broker ??= await BrokerProcess.StartAsync(folder["broker"]);
            return broker.BootstrapServers;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (broker is not null)
            await broker.DisposeAsync();
        gate.Dispose();
        folder.Dispose();
    }
}
