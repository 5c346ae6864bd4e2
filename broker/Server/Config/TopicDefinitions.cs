using static Broker.Server.Config.ConfigRule;
using static Broker.Server.Config.ConfigUpdate;
using static Broker.Server.Config.DefinitionTable;

namespace Broker.Server.Config;

/// <summary>The settings of a topic; each names the broker keys that give its default.</summary>
internal static class TopicDefinitions
{
    private const long MsAMinute = 60_000;
    private const long MsAnHour = 3_600_000;

    /// <summary>All topic settings in the order of their names.</summary>
    public static readonly ConfigDefinition[] All =
    [
        List("cleanup.policy", "delete", OneOf("compact", "delete"), ClusterWide,
            "Whether old segments are deleted, compacted, or both.").Else("log.cleanup.policy"),
        Int("compression.gzip.level", -1, Between(1, 9, alsoAllowed: -1), ClusterWide,
            "The level where the broker compresses with gzip.").Else("compression.gzip.level"),
        Int("compression.lz4.level", 9, Between(1, 17), ClusterWide, "The level where the broker compresses with lz4.").Else("compression.lz4.level"),
        Choice("compression.type", "producer", ClusterWide, "How batches are compressed at rest; producer keeps what arrived.", "uncompressed", "zstd", "lz4",
            "snappy", "gzip", "producer").Else("compression.type"),
        Int("compression.zstd.level", 3, Between(-131072, 22), ClusterWide, "The level where the broker compresses with zstd.").Else("compression.zstd.level"),
        Long("delete.retention.ms", 86400000, AtLeast(0), ClusterWide, "How long tombstones stay after compaction.").Else("log.cleaner.delete.retention.ms"),
        Long("file.delete.delay.ms", 60000, AtLeast(0), ClusterWide, "How long a deleted file stays under another name.").Else("log.segment.delete.delay.ms"),
        Long("flush.messages", long.MaxValue, AtLeast(1), ClusterWide,
            "Records after which a partition is flushed to disk; 1 makes every acknowledged record durable.").Else("log.flush.interval.messages"),
        Long("flush.ms", long.MaxValue, AtLeast(0), ClusterWide, "Time after which a partition is flushed to disk.").Else(new("log.flush.interval.ms"),
            new("log.flush.scheduler.interval.ms")),
        List("follower.replication.throttled.replicas", "", ThrottledReplicas, ClusterWide,
            "Replicas whose following is throttled: PARTITION:BROKER, or * for all."),
        Int("index.interval.bytes", 4096, AtLeast(0), ClusterWide, "Bytes of log between two entries of the offset index.").Else("log.index.interval.bytes"),
        List("leader.replication.throttled.replicas", "", ThrottledReplicas, ClusterWide,
            "Replicas whose leading is throttled: PARTITION:BROKER, or * for all."),
        Long("local.retention.bytes", -2, AtLeast(-2), ClusterWide,
            "Accepted for Kafka's sake: there is no tiered storage here.").Else("log.local.retention.bytes"),
        Long("local.retention.ms", -2, AtLeast(-2), ClusterWide, "Accepted for Kafka's sake: there is no tiered storage here.").Else("log.local.retention.ms"),
        Long("max.compaction.lag.ms", long.MaxValue, AtLeast(1), ClusterWide,
            "How long a record may wait for compaction.").Else("log.cleaner.max.compaction.lag.ms"),
        Int("max.message.bytes", 1048588, AtLeast(0), ClusterWide, "The longest record batch in bytes.").Else("message.max.bytes"),
        Bool("message.downconversion.enable", true, ClusterWide,
            "Whether old clients are served in old record formats; they are refused here.").Else("log.message.downconversion.enable"),
        Release("message.format.version", "3.0-IV1", ClusterWide,
            "Ignored, as Kafka does since inter.broker.protocol.version 3.0.").Else("log.message.format.version"),
        Long("message.timestamp.after.max.ms", long.MaxValue, AtLeast(0), ClusterWide, "Milliseconds that a record's timestamp may lie in the future.")
            .Else(new("log.message.timestamp.after.max.ms"), new("log.message.timestamp.difference.max.ms")),
        Long("message.timestamp.before.max.ms", long.MaxValue, AtLeast(0), ClusterWide, "Milliseconds that a record's timestamp may lie in the past.")
            .Else(new("log.message.timestamp.before.max.ms"), new("log.message.timestamp.difference.max.ms")),
        Long("message.timestamp.difference.max.ms", long.MaxValue, AtLeast(0), ClusterWide,
            "Both of these at once; deprecated.").Else("log.message.timestamp.difference.max.ms"),
        Choice("message.timestamp.type", "CreateTime", ClusterWide, "Whether records keep their timestamp or get the broker's.", "CreateTime",
            "LogAppendTime").Else("log.message.timestamp.type"),
        Double("min.cleanable.dirty.ratio", "0.5", Between(0, 1), ClusterWide,
            "The share of uncompacted bytes from which a log is compacted.").Else("log.cleaner.min.cleanable.ratio"),
        Long("min.compaction.lag.ms", 0, AtLeast(0), ClusterWide, "How long a record is safe from compaction.").Else("log.cleaner.min.compaction.lag.ms"),
        Int("min.insync.replicas", 1, AtLeast(1), ClusterWide,
            "Replicas that must be in sync for an acks=all produce to be taken.").Else("min.insync.replicas"),
        Bool("preallocate", false, ClusterWide, "Accepted for Kafka's sake: files here are never preallocated.").Else("log.preallocate"),
        Bool("remote.log.copy.disable", false, ClusterWide, "Accepted for Kafka's sake: there is no tiered storage here."),
        Bool("remote.log.delete.on.disable", false, ClusterWide, "Accepted for Kafka's sake: there is no tiered storage here."),
        Bool("remote.storage.enable", false, ClusterWide, "Accepted for Kafka's sake: there is no tiered storage here."),
        Long("retention.bytes", -1, rule: null, ClusterWide, "How many bytes of a partition are kept; -1 is all.").Else("log.retention.bytes"),
        Long("retention.ms", 604800000, AtLeast(-1), ClusterWide, "How long records are kept; -1 is for ever.")
            .Else(new("log.retention.ms", 1, NegativeIsUnlimited: true), new("log.retention.minutes", MsAMinute, NegativeIsUnlimited: true),
                new("log.retention.hours", MsAnHour, NegativeIsUnlimited: true)),
        Int("segment.bytes", 1073741824, AtLeast(14), ClusterWide, "The size at which a segment is rolled.").Else("log.segment.bytes"),
        Int("segment.index.bytes", 10485760, AtLeast(4), ClusterWide,
            "The size at which an index is full and its segment rolled.").Else("log.index.size.max.bytes"),
        Long("segment.jitter.ms", 0, AtLeast(0), ClusterWide, "The most that the rolling age is shortened by chance.").Else(new("log.roll.jitter.ms"),
            new("log.roll.jitter.hours", MsAnHour)),
        Long("segment.ms", 604800000, AtLeast(1), ClusterWide, "The age at which a segment is rolled.").Else(new("log.roll.ms"),
            new("log.roll.hours", MsAnHour)),
        Bool("unclean.leader.election.enable", false, ClusterWide,
            "Whether a replica out of sync may lead when no other lives.").Else("unclean.leader.election.enable"),
    ];
}
