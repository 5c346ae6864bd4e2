using Broker.Protocol.Compression;
using Broker.Protocol.Records;

namespace Broker.Storage;

/// <summary>
/// The settings of one partition's log: Kafka's topic configuration as typed values, with Kafka's defaults. Times in milliseconds, sizes in bytes.
/// </summary>
public sealed record LogConfig
{
    /// <summary><c>segment.bytes</c>: a segment is not appended to beyond this. At least 14.</summary>
    public int SegmentBytes { get; init; } = 1 << 30;

    /// <summary><c>segment.ms</c>: a segment whose first record is older rolls at the next append.</summary>
    public long SegmentMs { get; init; } = 604_800_000;

    /// <summary><c>segment.jitter.ms</c>: each segment rolls up to this much earlier, so that partitions do not roll all at once.</summary>
    public long SegmentJitterMs { get; init; }

    /// <summary><c>segment.index.bytes</c>: the segment rolls when an index would pass this.</summary>
    public int SegmentIndexBytes { get; init; } = 10_485_760;

    /// <summary><c>index.interval.bytes</c>: log bytes between two index entries.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary><c>retention.ms</c>; -1 keeps for ever.</summary>
    public long RetentionMs { get; init; } = 604_800_000;

    /// <summary><c>retention.bytes</c>; -1 keeps all.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary><c>flush.messages</c>: records appended between two fsyncs; 1 asks for an fsync before each acknowledgement.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;

    /// <summary><c>flush.ms</c>: longest time that an appended record stays unflushed.</summary>
    public long FlushMs { get; init; } = long.MaxValue;

    /// <summary><c>file.delete.delay.ms</c>: how long a deleted file stays under its <c>.deleted</c> name.</summary>
    public long FileDeleteDelayMs { get; init; } = 60_000;

    /// <summary>Whether <c>cleanup.policy</c> contains <c>delete</c>: old segments go by time and size.</summary>
    public bool CleanupDelete { get; init; } = true;

    /// <summary>Whether <c>cleanup.policy</c> contains <c>compact</c>; such a log keeps all its records until compaction is built.</summary>
    public bool CleanupCompact { get; init; }

    /// <summary><c>max.message.bytes</c>: the largest batch.</summary>
    public int MaxMessageBytes { get; init; } = 1_048_588;

    /// <summary><c>message.timestamp.type</c>.</summary>
    public TimestampType TimestampType { get; init; } = TimestampType.CreateTime;

    /// <summary><c>message.timestamp.before.max.ms</c>: how far a record's time may lie behind the broker's.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary><c>message.timestamp.after.max.ms</c>: how far a record's time may lie ahead of the broker's.</summary>
    public long TimestampAfterMaxMs { get; init; } = long.MaxValue;

    /// <summary><c>min.insync.replicas</c>.</summary>
    public int MinInSyncReplicas { get; init; } = 1;

    /// <summary><c>compression.type</c>; null is <c>producer</c>: batches keep what they came with.</summary>
    public CompressionType? Compression { get; init; }

    /// <summary><c>producer.id.expiration.ms</c> of the broker: an idle producer is forgotten after this.</summary>
    public long ProducerIdExpirationMs { get; init; } = 86_400_000;
}
