namespace Game.Cli.Bench;

/// <summary>A broker that somebody else has started.</summary>
internal sealed class RunningBroker(string bootstrapServers, int processId) : IUnderTest
{
    public string Name => bootstrapServers;

    public IReadOnlyList<string> Addresses { get; } = bootstrapServers.Split(',', StringSplitOptions.TrimEntries);

    public IReadOnlyList<int> ProcessIds => [processId];

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<TimeSpan?> RestartAsync(CancellationToken cancellation) => Task.FromResult<TimeSpan?>(null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
