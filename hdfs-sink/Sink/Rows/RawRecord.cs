namespace Game.HdfsSink.Rows;

/// <summary>A consumed record before decoding.</summary>
/// <param name="Partition">The partition it came from.</param>
/// <param name="Offset">Its offset in the partition.</param>
/// <param name="AppendedAt">The record's timestamp, epoch milliseconds; negative where it has none.</param>
/// <param name="Key">The key's bytes, or null.</param>
/// <param name="Value">The value's bytes; null is a tombstone.</param>
internal readonly record struct RawRecord(int Partition, long Offset, long AppendedAt, byte[]? Key, byte[]? Value)
{
    /// <summary>Bytes that a record takes beside its key and value: this struct, two array headers, and what the client rounds up.</summary>
    private const int Overhead = 96;

    /// <summary>Bytes that the record counts for in the memory budget.</summary>
    public long Size => Overhead + (Key?.Length ?? 0) + (Value?.Length ?? 0);
}

/// <summary>
/// Consecutive records of one partition: all of the consumer positions [First, Next). There are fewer records than positions where markers or compaction left
/// gaps.
/// </summary>
internal sealed record RecordBatch(long First, long Next, IReadOnlyList<RawRecord> Records, long Bytes);
