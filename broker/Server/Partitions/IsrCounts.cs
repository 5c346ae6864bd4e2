namespace Broker.Server.Partitions;

/// <summary>How often the controller has changed the in-sync replicas for leaders of this broker, or refused to. Any thread.</summary>
internal sealed class IsrCounts
{
    private long _shrinks;
    private long _expansions;
    private long _failures;

    public long Shrinks => Interlocked.Read(ref _shrinks);

    public long Expansions => Interlocked.Read(ref _expansions);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Counts an accepted change, which took members or brought some.</summary>
    public void Changed(int before, int after)
    {
        if (after < before)
        {
            Interlocked.Increment(ref _shrinks);
        }
        else if (after > before)
        {
            Interlocked.Increment(ref _expansions);
        }
    }

    public void Refused() => Interlocked.Increment(ref _failures);
}
