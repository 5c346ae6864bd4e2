using Broker.Protocol;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>The kind of reader, which decides how far it reads and from which replicas.</summary>
internal enum FetchReader
{
    /// <summary>A consumer that sees all records below the high watermark.</summary>
    Uncommitted,

    /// <summary>A consumer that sees records below the last stable offset and gets the list of aborted transactions.</summary>
    Committed,

    /// <summary>Another broker's replica: it reads to the log's end.</summary>
    Replica,
}

/// <summary>One partition's part of a fetch.</summary>
internal readonly record struct FetchQuery
{
    public long Offset { get; init; }

    /// <summary>The most bytes to read from this partition.</summary>
    public int MaxBytes { get; init; }

    /// <summary>The leader epoch that the reader knows; -1 none.</summary>
    public int CurrentLeaderEpoch { get; init; }

    /// <summary>The epoch of the last record read; -1 none. Where it shows that the logs diverge, the answer says at which offset (KIP-595).</summary>
    public int LastFetchedEpoch { get; init; }

    public FetchReader Reader { get; init; }

    /// <summary>The fetching broker; below 0 for consumers.</summary>
    public int ReplicaId { get; init; }

    /// <summary>False for consumers that know of reading from followers (KIP-392).</summary>
    public bool LeaderOnly { get; init; }

    /// <summary>The replica's own log start.</summary>
    public long ReplicaLogStart { get; init; }

    /// <summary>The broker that a consumer is sent to instead of being given records; null where it is served here.</summary>
    public int? ReadFrom { get; init; }
}

/// <summary>The answer to a <see cref="FetchQuery"/>. The caller owns <see cref="Slice"/>.</summary>
internal readonly record struct FetchAnswer(ErrorCode Error)
{
    public long HighWatermark { get; init; } = -1;

    public long LastStableOffset { get; init; } = -1;

    public long LogStartOffset { get; init; } = -1;

    /// <summary>The end of the records that the reader may see; a reader at this offset or above has read all of them.</summary>
    public long ReadableEnd { get; init; } = -1;

    /// <summary>The bytes; null where there are none.</summary>
    public LogSlice? Slice { get; init; }

    /// <summary>True when the bytes were appended recently and are likely in the page cache.</summary>
    public bool IsRecent { get; init; }

    /// <summary>Where the reader's log diverges from this one; null where it does not.</summary>
    public EpochEnd? Diverging { get; init; }

    /// <summary>For readers of committed records: aborted transactions within the bytes.</summary>
    public IReadOnlyList<AbortedTransaction>? Aborted { get; init; }

    /// <summary>The broker from which the consumer is to read instead; null where it stays here.</summary>
    public int? ReadFrom { get; init; }

    public int LeaderId { get; init; } = -1;

    public int LeaderEpoch { get; init; } = -1;

    public int Length => Slice?.Length ?? 0;
}

/// <summary>The answer of ListOffsets for one partition.</summary>
/// <param name="Error">Why there is none.</param>
/// <param name="Offset">-1 where no record fits.</param>
/// <param name="TimestampMs">The record's; -1 for the log's ends.</param>
/// <param name="LeaderEpoch">The epoch that the offset was written in; -1 unknown.</param>
internal readonly record struct OffsetAnswer(ErrorCode Error, long Offset = -1, long TimestampMs = -1, int LeaderEpoch = -1);
