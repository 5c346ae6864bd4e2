namespace Broker.Server.Partitions;

/// <summary>
/// When a follower's session fetched last. A session's fetch also says of the partitions that it does not name where the follower is: where it was. So all of
/// them share this clock, and no fetch has to touch them. Any thread.
/// </summary>
internal sealed class FetchClock
{
    private long _lastMs = long.MinValue / 2;

    /// <summary>Monotonic milliseconds.</summary>
    public long LastMs
    {
        get => Volatile.Read(ref _lastMs);
        set => Volatile.Write(ref _lastMs, value);
    }
}
