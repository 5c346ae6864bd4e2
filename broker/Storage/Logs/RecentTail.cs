namespace Broker.Storage.Logs;

/// <summary>
/// Which of a log's records are most likely still in the page cache: the last 32 to 64 MiB that this process has appended, of the last minute or so. What was
/// there when the log was opened, and what lies further back, may have to come from the disk, even in the active segment. Written by the appender, read by any
/// thread.
/// </summary>
internal sealed class RecentTail
{
    /// <summary>A consumer that keeps up is seconds behind at most; a gigabyte of such tails are those of sixteen busy partitions.</summary>
    private const int HalfBytes = 32 << 20;

    /// <summary>
    /// The system writes dirty pages back after 30 seconds; from then on it may drop them, and a quiet partition's are dropped before a busy one's.
    /// </summary>
    private const long HalfMs = 30_000;

    private Halves _halves = new(0, 0, 0);
    private long _bytes;
    private long _lastMs;

    /// <summary>The first offset that counts as recent at a time, epoch ms; may lie beyond the end of a log that was cut.</summary>
    public long FromAt(long nowMs)
    {
        Halves now = Volatile.Read(ref _halves);
        long age = nowMs - now.SinceMs;
        return age < HalfMs ? now.From
            : age < 2 * HalfMs ? now.Middle
            : long.MaxValue;
    }

    /// <summary>Nothing below the log's end is recent.</summary>
    public void StartAt(long end) => StartHalf(end, end, _lastMs);

    /// <summary>Records will be appended at the log's end, at a time, epoch ms.</summary>
    public void Begin(long end, long nowMs)
    {
        _lastMs = nowMs;
        long age = nowMs - _halves.SinceMs;
        if (age is >= 0 and < HalfMs)
        {
            return;
        }
        // Where the clock was set back, or both halves are too old, nothing below the end is recent.
        StartHalf(age is >= 0 and < 2 * HalfMs ? _halves.Middle : end, end, nowMs);
    }

    /// <summary>Records of so many bytes have been appended; the log ends at <paramref name="end"/> now.</summary>
    public void Note(long end, int appended)
    {
        _bytes += appended;
        if (_bytes >= HalfBytes)
        {
            StartHalf(_halves.Middle, end, _lastMs);
        }
    }

    private void StartHalf(long from, long middle, long sinceMs)
    {
        _bytes = 0;
        Volatile.Write(ref _halves, new Halves(from, middle, sinceMs));
    }

    /// <summary>
    /// From <paramref name="From"/> on lies the older half, from <paramref name="Middle"/> on the newer, which has been filled since
    /// <paramref name="SinceMs"/>.
    /// </summary>
    private sealed record Halves(long From, long Middle, long SinceMs);
}
