using Integration.Tests.Support;

// Whole programs on few cores run one case at a time, so that no time-out depends on another case.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(OneBroker))]

namespace Integration.Tests.Support;

/// <summary>The broker of all cases that neither stop it nor need other settings; each case uses its own topics and groups.</summary>
public sealed class OneBroker : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;
    private int _topics;

    public string BootstrapServers => _broker.BootstrapServers;

    /// <summary>A name that no other case uses.</summary>
    public string FreshName(string about) => $"{about}-{Interlocked.Increment(ref _topics)}";

    public async ValueTask InitializeAsync() => _broker = await BrokerProcess.StartAsync(_folder["broker"], "group.min.session.timeout.ms=500");

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
    }
}
