namespace Game.Cli.Bench;

/// <summary>A broker that somebody else has started.</summary>
internal sealed class RunningBroker(string bootstrapServers, int processId) : IBrokerUnderTest
{
    public string Name => bootstrapServers;

    public string BootstrapServers => bootstrapServers;

    public int ProcessId => processId;

    public Task<TimeSpan?> RestartAsync(CancellationToken cancellation) => Task.FromResult<TimeSpan?>(null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
