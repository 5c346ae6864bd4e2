using Broker.Protocol.Compression;
using Broker.Server.Config;

namespace Broker.Server.Groups.State;

/// <summary>The limits of groups and offsets under Kafka's names, and those of our own with their reasons.</summary>
internal sealed record GroupLimits
{
    /// <summary>
    /// How long a new member may wait for its first generation: it cannot send heartbeats yet, and a client that has gone away must not stay for ever. Kafka's
    /// number, far above a client's request time-out.
    /// </summary>
    public const int NewMemberJoinTimeoutMs = 5 * 60 * 1000;

    /// <summary>
    /// Member ids of one group that were given out and not used yet. Each lives for a session time-out; ten times the largest groups known, so that only a
    /// client that asks for ids and never joins meets it.
    /// </summary>
    public const int MaxPendingMembers = 10_000;

    /// <summary>Groups of one partition that clients may make: a million in all over Kafka's 50 partitions, about a gigabyte. What is in the log is loaded all
    /// the same.</summary>
    public const int MaxGroupsPerPartition = 20_000;

    /// <summary>
    /// Groups that OffsetCommit version 0 may keep in znodes, each of which every broker's memory and the journal hold: consumers of Kafka 0.8 are a handful.
    /// </summary>
    public const int MaxGroupsInZnodes = 20_000;

    /// <summary>Tombstones of one clean-up are split into batches of at most this many bytes: half of the default max.message.bytes, so that framing always
    /// fits.</summary>
    public const int MaxBatchBytes = 512 << 10;

    /// <summary>Work items of a mailbox that run in a row before its thread returns to the pool: other work waits a few milliseconds at most.</summary>
    public const int MailboxItemsInARow = 64;

    /// <summary>
    /// How long FindCoordinator waits for the topic of committed offsets when it has just been made: it takes the controller some milliseconds, and a client
    /// that gets a retriable error waits for longer than that.
    /// </summary>
    public static readonly TimeSpan TopicCreationPatience = TimeSpan.FromSeconds(1);

    /// <summary>How long the broker waits before it retries a failed load: a short disk failure is over by then, and clients retry no sooner.</summary>
    public static readonly TimeSpan FirstLoadBackoff = TimeSpan.FromSeconds(1);

    /// <summary>The wait doubles up to this: a broken disk gets one try and one log line a minute.</summary>
    public static readonly TimeSpan LongestLoadBackoff = TimeSpan.FromMinutes(1);

    private const string CompressionKey = "offsets.topic.compression.codec";

    /// <summary>group.min.session.timeout.ms.</summary>
    public int MinSessionTimeoutMs { get; init; } = 6000;

    /// <summary>group.max.session.timeout.ms.</summary>
    public int MaxSessionTimeoutMs { get; init; } = 1_800_000;

    /// <summary>group.initial.rebalance.delay.ms.</summary>
    public int InitialRebalanceDelayMs { get; init; } = 3000;

    /// <summary>group.max.size.</summary>
    public int MaxGroupSize { get; init; } = int.MaxValue;

    /// <summary>offset.metadata.max.bytes; Kafka counts characters.</summary>
    public int MaxOffsetMetadata { get; init; } = 4096;

    /// <summary>offsets.retention.minutes.</summary>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromMinutes(10080);

    /// <summary>offsets.retention.check.interval.ms.</summary>
    public TimeSpan RetentionCheck { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>offsets.commit.required.acks.</summary>
    public short CommitAcks { get; init; } = -1;

    /// <summary>offsets.commit.timeout.ms.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>offsets.load.buffer.size: bytes of the log that are looked at in one piece while loading; a larger batch is read whole.</summary>
    public int LoadBufferBytes { get; init; } = 5 << 20;

    /// <summary>offsets.topic.compression.codec.</summary>
    public CompressionType Compression { get; init; }

    /// <summary>offsets.topic.num.partitions: how many partitions groups are spread over while the topic is not there yet.</summary>
    public int TopicPartitions { get; init; } = 50;

    /// <summary>What a broker's configuration says.</summary>
    /// <exception cref="ConfigException">A codec that does not exist.</exception>
    public static GroupLimits Of(BrokerConfig config) => new()
    {
        MinSessionTimeoutMs = config.GroupMinSessionTimeoutMs,
        MaxSessionTimeoutMs = config.GroupMaxSessionTimeoutMs,
        InitialRebalanceDelayMs = config.GroupInitialRebalanceDelayMs,
        MaxGroupSize = config.GroupMaxSize,
        MaxOffsetMetadata = config.OffsetMetadataMaxBytes,
        OffsetsRetention = TimeSpan.FromMinutes(config.OffsetsRetentionMinutes),
        RetentionCheck = TimeSpan.FromMilliseconds(config.OffsetsRetentionCheckMs),
        CommitAcks = config.OffsetsCommitRequiredAcks,
        CommitTimeout = TimeSpan.FromMilliseconds(config.OffsetsCommitTimeoutMs),
        LoadBufferBytes = config.OffsetsLoadBufferBytes,
        Compression = CompressionOf(config.Int(CompressionKey)),
        TopicPartitions = config.OffsetsTopicPartitions,
    };

    private static CompressionType CompressionOf(int codec) => codec is >= (int)CompressionType.None and <= (int)CompressionType.Zstd
        ? (CompressionType)codec
        : throw new ConfigException($"{CompressionKey} is {codec}; codecs are 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.");
}
