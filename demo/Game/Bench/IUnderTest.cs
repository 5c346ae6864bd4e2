namespace Game.Cli.Bench;

/// <summary>One broker, or the brokers of a cluster, that are measured. Who makes it disposes of it, started or not.</summary>
internal interface IUnderTest : IAsyncDisposable
{
    string Name { get; }

    /// <summary>HOST:PORT of each broker.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>The brokers' processes that run.</summary>
    IReadOnlyList<int> ProcessIds { get; }

    string BootstrapServers => string.Join(',', Addresses);

    /// <summary>Starts what is to be measured, with empty data folders, and waits until every broker answers and names all others.</summary>
    /// <exception cref="UserErrorException">It does not start.</exception>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>
    /// Restarts the brokers. Returns the time from exec to the first answer to a Metadata request by every broker; null where that cannot be measured.
    /// </summary>
    Task<TimeSpan?> RestartAsync(CancellationToken cancellation);
}
