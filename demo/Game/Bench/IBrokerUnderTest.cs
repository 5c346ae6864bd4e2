namespace Game.Cli.Bench;

/// <summary>A broker that is measured.</summary>
internal interface IBrokerUnderTest : IAsyncDisposable
{
    string Name { get; }

    string BootstrapServers { get; }

    int ProcessId { get; }

    /// <summary>Ends the broker and starts it again; the time from exec to the first answer to a Metadata request. Null where that cannot be
    /// measured.</summary>
    Task<TimeSpan?> RestartAsync(CancellationToken cancellation);
}
