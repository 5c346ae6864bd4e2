using Broker.Protocol.Compression;
using Broker.Protocol.Records;
using Broker.Server.Config;
using Broker.Storage;

namespace Broker.Server.Metadata;

/// <summary>A topic's settings as its logs need them.</summary>
internal static class TopicLogConfig
{
    /// <summary>The topic's own settings over the broker's.</summary>
    internal static LogConfig Of(IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        T Get<T>(string key) => (T)TopicSettings.Value(key, overrides, broker);
        // As Kafka does: the difference applies before and after, except where the setting of that side is given.
        long Difference(string side)
            => Get<long>($"message.timestamp.{side}.max.ms") is not long.MaxValue and var exact ? exact : Get<long>("message.timestamp.difference.max.ms");
        string[] cleanup = Get<string[]>("cleanup.policy");
        return new LogConfig
        {
            SegmentBytes = Get<int>("segment.bytes"),
            SegmentMs = Get<long>("segment.ms"),
            SegmentJitterMs = Get<long>("segment.jitter.ms"),
            SegmentIndexBytes = Get<int>("segment.index.bytes"),
            IndexIntervalBytes = Get<int>("index.interval.bytes"),
            RetentionMs = Get<long>("retention.ms"),
            RetentionBytes = Get<long>("retention.bytes"),
            FlushMessages = Get<long>("flush.messages"),
            FlushMs = Get<long>("flush.ms"),
            FileDeleteDelayMs = Get<long>("file.delete.delay.ms"),
            CleanupDelete = cleanup.Contains("delete"),
            CleanupCompact = cleanup.Contains("compact"),
            MaxMessageBytes = Get<int>("max.message.bytes"),
            TimestampType = Get<string>("message.timestamp.type") == "LogAppendTime" ? TimestampType.LogAppendTime : TimestampType.CreateTime,
            TimestampBeforeMaxMs = Difference("before"),
            TimestampAfterMaxMs = Difference("after"),
            MinInSyncReplicas = Get<int>("min.insync.replicas"),
            Compression = CompressionOf(Get<string>("compression.type")),
            ProducerIdExpirationMs = broker.ProducerIdExpirationMs,
        };
    }

    private static CompressionType? CompressionOf(string name) => name switch
    {
        "uncompressed" => CompressionType.None,
        "gzip" => CompressionType.Gzip,
        "snappy" => CompressionType.Snappy,
        "lz4" => CompressionType.Lz4,
        "zstd" => CompressionType.Zstd,
        _ => null,
    };
}
