namespace Game.Cli.Bench;

/// <summary>Any broker that runs already.</summary>
internal sealed class RunningBroker(string bootstrapServers, int processId) : IBrokerUnderTest
{
    public string Name => bootstrapServers;

    public string BootstrapServers => bootstrapServers;

    public int ProcessId => processId;

    public Task<TimeSpan?> RestartAsync(CancellationToken cancellation) => Task.FromResult<TimeSpan?>(null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
