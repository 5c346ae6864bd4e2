using Peers.Tests.Support;

// Java and a broker share few cores, so one case runs at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(OneBroker))]
[assembly: AssemblyFixture(typeof(Peers.Tests.Requests.BothBrokers))]

namespace Peers.Tests.Support;

/// <summary>Our broker, shared by the cases that neither stop it nor need other settings; the first case starts it.</summary>
public sealed class OneBroker : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SemaphoreSlim _gate = new(1);
    private BrokerProcess? _broker;
    private int _names;

    /// <summary>A name that no other case uses.</summary>
    public string FreshName(string about) => $"{about}-{Interlocked.Increment(ref _names)}";

    public async Task<string> BootstrapServersAsync()
    {
        await _gate.WaitAsync();
        try
        {
            _broker ??= await BrokerProcess.StartAsync(_folder["broker"]);
            return _broker.BootstrapServers;
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
        _gate.Dispose();
        _folder.Dispose();
    }
}
