namespace Broker.Storage;

/// <summary>
/// Which of a log's records are most likely still in the page cache: the last 32 to 64 MiB that this process has appended. What was there when the log was
/// opened, and what lies further back, may have to come from the disk, even in the active segment. Written by the appender, read by any thread.
/// </summary>
internal sealed class RecentTail
{
    /// <summary>A consumer that keeps up is seconds behind at most; a gigabyte of such tails are those of sixteen busy partitions.</summary>
    private const int HalfBytes = 32 << 20;

    private long from;
    private long middle;
    private long bytes;

    /// <summary>The first offset that counts as recent; may lie beyond the end of a log that was cut.</summary>
    public long From => Volatile.Read(ref from);

    /// <summary>Nothing below the log's end is recent.</summary>
    public void StartAt(long end)
    {
        middle = end;
        bytes = 0;
        Volatile.Write(ref from, end);
    }

    /// <summary>Records were appended; the log ends at <paramref name="end"/> now.</summary>
    public void Note(long end, int appended)
    {
        bytes += appended;
        if (bytes < HalfBytes)
            return;
        Volatile.Write(ref from, middle);
        middle = end;
        bytes = 0;
    }
}
