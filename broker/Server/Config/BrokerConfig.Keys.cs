namespace Broker.Server.Config;

/// <content>The keys that the broker's parts ask for, by name.</content>
internal sealed partial class BrokerConfig
{
    public int BrokerId => Int("broker.id");

    public bool BrokerIdGeneration => Bool("broker.id.generation.enable");

    public int ReservedBrokerMaxId => Int("reserved.broker.max.id");

    /// <summary>Null where none was given.</summary>
    public string? Rack => Text("broker.rack");

    /// <summary>log.dirs, or log.dir where that is not set.</summary>
    public IReadOnlyList<string> LogDirs => ConfigText.List(Text("log.dirs") ?? Text("log.dir")!);

    public int RecoveryThreadsPerDataDir => Int("num.recovery.threads.per.data.dir");

    public int NumPartitions => Int("num.partitions");

    public int DefaultReplicationFactor => Int("default.replication.factor");

    public bool AutoCreateTopics => Bool("auto.create.topics.enable");

    public bool DeleteTopics => Bool("delete.topic.enable");

    public bool AutoLeaderRebalance => Bool("auto.leader.rebalance.enable");

    public int LeaderImbalancePerBrokerPercentage => Int("leader.imbalance.per.broker.percentage");

    public long LeaderImbalanceCheckIntervalSeconds => Long("leader.imbalance.check.interval.seconds");

    public int MaxRequestBytes => Int("socket.request.max.bytes");

    /// <summary>-1 or 0 is without a limit.</summary>
    public long QueuedMaxRequestBytes => Long("queued.max.request.bytes");

    public int MaxConnections => Int("max.connections");

    public int MaxConnectionsPerIp => Int("max.connections.per.ip");

    /// <summary>Below 0 is never.</summary>
    public long ConnectionsMaxIdleMs => Long("connections.max.idle.ms");

    public int SocketSendBufferBytes => Int("socket.send.buffer.bytes");

    public int SocketReceiveBufferBytes => Int("socket.receive.buffer.bytes");

    public int SocketListenBacklog => Int("socket.listen.backlog.size");

    public int FetchMaxBytes => Int("fetch.max.bytes");

    public int FetchSessionSlots => Int("max.incremental.fetch.session.cache.slots");

    public int RequestTimeoutMs => Int("request.timeout.ms");

    public int OffsetsTopicPartitions => Int("offsets.topic.num.partitions");

    public short OffsetsTopicReplicationFactor => Short("offsets.topic.replication.factor");

    public int OffsetsTopicSegmentBytes => Int("offsets.topic.segment.bytes");

    public int OffsetsCommitTimeoutMs => Int("offsets.commit.timeout.ms");

    public short OffsetsCommitRequiredAcks => Short("offsets.commit.required.acks");

    public int OffsetsLoadBufferBytes => Int("offsets.load.buffer.size");

    public int OffsetsRetentionMinutes => Int("offsets.retention.minutes");

    public long OffsetsRetentionCheckMs => Long("offsets.retention.check.interval.ms");

    public int OffsetMetadataMaxBytes => Int("offset.metadata.max.bytes");

    public int GroupMinSessionTimeoutMs => Int("group.min.session.timeout.ms");

    public int GroupMaxSessionTimeoutMs => Int("group.max.session.timeout.ms");

    public int GroupInitialRebalanceDelayMs => Int("group.initial.rebalance.delay.ms");

    public int GroupMaxSize => Int("group.max.size");

    public int TransactionStatePartitions => Int("transaction.state.log.num.partitions");

    public short TransactionStateReplicationFactor => Short("transaction.state.log.replication.factor");

    public int ProducerIdExpirationMs => Int("producer.id.expiration.ms");

    public int ProducerIdExpirationCheckMs => Int("producer.id.expiration.check.interval.ms");

    public long LogRetentionCheckMs => Long("log.retention.check.interval.ms");

    public long LogFlushSchedulerMs => Long("log.flush.scheduler.interval.ms");

    public int LogFlushOffsetCheckpointMs => Int("log.flush.offset.checkpoint.interval.ms");

    public int LogFlushStartOffsetCheckpointMs => Int("log.flush.start.offset.checkpoint.interval.ms");

    public long LogInitialTaskDelayMs => Long("log.initial.task.delay.ms");

    public long HighWatermarkCheckpointMs => Long("replica.high.watermark.checkpoint.interval.ms");

    public long ReplicaLagTimeMaxMs => Long("replica.lag.time.max.ms");

    public bool ControlledShutdown => Bool("controlled.shutdown.enable");

    public int ControlledShutdownMaxRetries => Int("controlled.shutdown.max.retries");

    /// <summary>At least 0; Kafka lets any number be set.</summary>
    public long ControlledShutdownRetryBackoffMs => Math.Clamp(Long("controlled.shutdown.retry.backoff.ms"), 0, int.MaxValue);

    /// <summary>At least 1; Kafka lets any number be set.</summary>
    public int ControllerSocketTimeoutMs => Math.Max(1, Int("controller.socket.timeout.ms"));

    public int ReplicaFetchResponseMaxBytes => Int("replica.fetch.response.max.bytes");

    /// <summary>Whether a consumer is sent to a replica in its rack, and not always to the leader.</summary>
    public bool IsRackAware => Text(ReplicaSelectorKey) == RackAwareSelector;

    public string InterBrokerProtocolVersion => Text("inter.broker.protocol.version")!;

    /// <summary>Null or empty where the cluster's state is kept in the data folder.</summary>
    public string? ZooKeeperConnect => Text("zookeeper.connect");

    /// <summary>Whether the cluster's tree is on a ZooKeeper, not in this broker's folders.</summary>
    public bool UsesZooKeeper => !string.IsNullOrWhiteSpace(ZooKeeperConnect);

    public int ZooKeeperSessionTimeoutMs => Int("zookeeper.session.timeout.ms");

    /// <summary>As long as a session lasts, unless it is given.</summary>
    public int ZooKeeperConnectionTimeoutMs => (int?)Value("zookeeper.connection.timeout.ms") ?? ZooKeeperSessionTimeoutMs;

    public int ZooKeeperMaxInFlight => Int("zookeeper.max.in.flight.requests");

    /// <summary>HOST:PORT of metrics and health; null or empty has none.</summary>
    public string? MetricsListener => Text(MetricsListenerKey);

    public bool JsonLogs => Text(LogFormatKey) == "json";
}
