namespace Game.Cli.Bench;

/// <summary>Brokers of which each can be killed and started again. Their ids begin at 1, in the order of the addresses.</summary>
internal interface IClusterUnderTest : IUnderTest
{
    /// <summary>Ends a broker at once (SIGKILL).</summary>
    void Kill(int id);

    /// <summary>
    /// Starts a killed broker again, whose session must have ended. Returns the time from exec to its first answer to a Metadata request that names a broker.
    /// </summary>
    Task<TimeSpan> StartAgainAsync(int id, CancellationToken cancellation);
}
