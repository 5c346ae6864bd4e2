using static Broker.Server.Config.ConfigRule;
using static Broker.Server.Config.ConfigUpdate;
using static Broker.Server.Config.DefinitionTable;

namespace Broker.Server.Config;

/// <summary>Settings of topics' defaults and of the log on disk.</summary>
internal static class LogDefinitions
{
    private const string Timestamps = "Milliseconds between a record's timestamp and the broker's clock above which it is refused";

    public static readonly ConfigDefinition[] All =
    [
        Text("log.dir", "/tmp/kafka-logs", ReadOnly, "The data folder, where log.dirs is not set."),
        Text("log.dirs", null, ReadOnly, "The data folders, separated by commas."),
        Long("log.dir.failure.timeout.ms", 30000, AtLeast(1), ReadOnly,
            "How long a broker may fail to report a failed log directory to the controller before it stops."),
        Int("num.recovery.threads.per.data.dir", 1, AtLeast(1), ClusterWide, "Threads that load logs of one folder at start and flush them at the end."),
        Int("num.partitions", 1, AtLeast(1), ReadOnly, "Partitions of a topic that is created without a number of partitions."),
        Int("default.replication.factor", 1, rule: null, ReadOnly, "Replicas of a topic that is created without a replication factor."),
        Int("min.insync.replicas", 1, AtLeast(1), ClusterWide, "Replicas that must be in sync for an acks=all produce to be taken."),
        Bool("auto.create.topics.enable", true, ReadOnly, "Whether a topic is created when a client asks for its metadata."),
        Bool("delete.topic.enable", true, ReadOnly, "Whether topics can be deleted."),
        Class("create.topic.policy.class.name", null, ReadOnly, "A class of Kafka's that judges new topics; none can be loaded here."),
        Class("alter.config.policy.class.name", null, ReadOnly, "A class of Kafka's that judges changed settings; none can be loaded here."),
        Int("message.max.bytes", 1048588, AtLeast(0), ClusterWide, "The longest record batch in bytes."),
        Choice("compression.type", "producer", ClusterWide, "How batches are compressed at rest; producer keeps what arrived.", "uncompressed", "zstd", "lz4",
            "snappy", "gzip", "producer"),
        Int("compression.gzip.level", -1, Between(1, 9, alsoAllowed: -1), ClusterWide, "The level where the broker compresses with gzip."),
        Int("compression.lz4.level", 9, Between(1, 17), ClusterWide, "The level where the broker compresses with lz4."),
        Int("compression.zstd.level", 3, Between(-131072, 22), ClusterWide, "The level where the broker compresses with zstd."),
        Int("log.segment.bytes", 1073741824, AtLeast(14), ClusterWide, "The size at which a segment is rolled."),
        Long("log.roll.ms", null, AtLeast(1), ClusterWide, "The age at which a segment is rolled."),
        Int("log.roll.hours", 168, AtLeast(1), ReadOnly, "The age at which a segment is rolled, where log.roll.ms is not set."),
        Long("log.roll.jitter.ms", null, AtLeast(0), ClusterWide, "The most that the rolling age is shortened by chance."),
        Int("log.roll.jitter.hours", 0, AtLeast(0), ReadOnly, "The same in hours, where log.roll.jitter.ms is not set."),
        Long("log.retention.ms", null, rule: null, ClusterWide, "How long records are kept; -1 is for ever."),
        Int("log.retention.minutes", null, rule: null, ReadOnly, "The same in minutes, where log.retention.ms is not set."),
        Int("log.retention.hours", 168, rule: null, ReadOnly, "The same in hours, where neither of the others is set."),
        Long("log.retention.bytes", -1, rule: null, ClusterWide, "How many bytes of a partition are kept; -1 is all."),
        Long("log.local.retention.ms", -2, AtLeast(-2), ClusterWide, "Accepted for Kafka's sake: there is no tiered storage here."),
        Long("log.local.retention.bytes", -2, AtLeast(-2), ClusterWide, "Accepted for Kafka's sake: there is no tiered storage here."),
        Long("log.retention.check.interval.ms", 300000, AtLeast(1), ReadOnly, "How often the broker looks for segments to delete."),
        Long("log.segment.delete.delay.ms", 60000, AtLeast(0), ClusterWide, "How long a deleted file stays under another name."),
        List("log.cleanup.policy", "delete", OneOf("compact", "delete"), ClusterWide, "Whether old segments are deleted, compacted, or both."),
        Int("log.index.interval.bytes", 4096, AtLeast(0), ClusterWide, "Bytes of log between two entries of the offset index."),
        Int("log.index.size.max.bytes", 10485760, AtLeast(4), ClusterWide, "The size at which an index is full and its segment rolled."),
        Long("log.flush.interval.messages", long.MaxValue, AtLeast(1), ClusterWide, "Records after which a partition is flushed to disk."),
        Long("log.flush.interval.ms", null, rule: null, ClusterWide, "Time after which a partition is flushed to disk."),
        Long("log.flush.scheduler.interval.ms", long.MaxValue, rule: null, ReadOnly, "How often the broker looks for logs to flush."),
        Int("log.flush.offset.checkpoint.interval.ms", 60000, AtLeast(0), ReadOnly, "How often recovery points are written to their checkpoint."),
        Int("log.flush.start.offset.checkpoint.interval.ms", 60000, AtLeast(0), ReadOnly, "How often log start offsets are written to their checkpoint."),
        Long("log.initial.task.delay.ms", 30000, AtLeast(0), ReadOnly, "How long after the start the periodic work on logs begins.").Internal(),
        Bool("log.preallocate", false, ClusterWide, "Accepted for Kafka's sake: files here are never preallocated."),
        Choice("log.message.timestamp.type", "CreateTime", ClusterWide, "Whether records keep their timestamp or get the broker's.", "CreateTime",
            "LogAppendTime"),
        Long("log.message.timestamp.difference.max.ms", long.MaxValue, AtLeast(0), ClusterWide, Timestamps + ", either way; deprecated."),
        Long("log.message.timestamp.before.max.ms", long.MaxValue, AtLeast(0), ClusterWide, Timestamps + ", into the past."),
        Long("log.message.timestamp.after.max.ms", long.MaxValue, AtLeast(0), ClusterWide, Timestamps + ", into the future."),
        Release("log.message.format.version", "3.0-IV1", ReadOnly, "Ignored, as Kafka does since inter.broker.protocol.version 3.0."),
        Bool("log.message.downconversion.enable", true, ClusterWide, "Whether old clients are served in old record formats; they are refused here."),
        Bool("log.cleaner.enable", true, ReadOnly, "Whether compacted topics are compacted."),
        Int("log.cleaner.threads", 1, AtLeast(0), ClusterWide, "Threads that compact."),
        Long("log.cleaner.dedupe.buffer.size", 134217728, rule: null, ClusterWide, "Bytes for the keys seen while compacting."),
        Int("log.cleaner.io.buffer.size", 524288, AtLeast(0), ClusterWide, "Bytes for reading and writing while compacting."),
        Double("log.cleaner.io.buffer.load.factor", "0.9", rule: null, ClusterWide, "How full the table of keys may get."),
        Double("log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308", rule: null, ClusterWide, "How fast compaction may read and write."),
        Long("log.cleaner.backoff.ms", 15000, AtLeast(0), ClusterWide, "How long compaction pauses when no log needs it."),
        Long("log.cleaner.delete.retention.ms", 86400000, AtLeast(0), ClusterWide, "How long tombstones stay after compaction."),
        Double("log.cleaner.min.cleanable.ratio", "0.5", Between(0, 1), ClusterWide, "The share of uncompacted bytes from which a log is compacted."),
        Long("log.cleaner.min.compaction.lag.ms", 0, AtLeast(0), ClusterWide, "How long a record is safe from compaction."),
        Long("log.cleaner.max.compaction.lag.ms", long.MaxValue, AtLeast(1), ClusterWide, "How long a record may wait for compaction."),
        Int("producer.id.expiration.ms", 86400000, AtLeast(1), ClusterWide, "How long a silent producer's state is remembered."),
        Int("producer.id.expiration.check.interval.ms", 600000, AtLeast(1), ReadOnly, "How often silent producers are looked for.").Internal(),
    ];
}
