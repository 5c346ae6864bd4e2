namespace Game.HdfsSink.Rows;

/// <summary>A record as it was consumed, not yet decoded.</summary>
/// <param name="Partition">The partition it came from.</param>
/// <param name="Offset">Its offset in the partition.</param>
/// <param name="AppendedAt">The record's timestamp, epoch milliseconds; negative where it has none.</param>
/// <param name="Key">The key's bytes, or null.</param>
/// <param name="Value">The value's bytes; null is a tombstone.</param>
internal readonly record struct RawRecord(int Partition, long Offset, long AppendedAt, byte[]? Key, byte[]? Value)
{
    /// <summary>What a record costs beside its key and value: this struct, two array headers, the client's own rounding.</summary>
    private const int Overhead = 96;

    /// <summary>Bytes of memory it holds on to, for the memory budget.</summary>
    public long Size => Overhead + (Key?.Length ?? 0) + (Value?.Length ?? 0);
}

/// <summary>Consecutive records of one partition: the consumer positions [First, Next) and what lay between them (fewer records where markers or compaction
/// left gaps).</summary>
internal sealed record RecordBatch(long First, long Next, IReadOnlyList<RawRecord> Records, long Bytes);
