namespace Game.Cli.Bench;

/// <summary>A broker that is measured.</summary>
internal interface IBrokerUnderTest : IAsyncDisposable
{
    string Name { get; }

    string BootstrapServers { get; }

    int ProcessId { get; }

    /// <summary>Restarts the broker. Returns the time from exec to the first answer to a Metadata request; null where that cannot be measured.</summary>
    Task<TimeSpan?> RestartAsync(CancellationToken cancellation);
}
