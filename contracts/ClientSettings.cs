using Confluent.Kafka;

namespace Game.Contracts;

/// <summary>The Kafka client settings that carry the system's guarantees, in one place.</summary>
public static class ClientSettings
{
    /// <summary>
    /// A producer whose acknowledged records are in the log once and in order: acks=all, idempotent. Keys go to the partition that Java clients choose
    /// (murmur2).
    /// </summary>
    public static ProducerConfig Producer(string bootstrapServers, string clientId) => new()
    {
        BootstrapServers = bootstrapServers,
        ClientId = clientId,
        Acks = Acks.All,
        EnableIdempotence = true,
        Partitioner = Partitioner.Murmur2Random,
        LingerMs = 1,
        SocketNagleDisable = true,
        EnableDeliveryReports = true,
    };

    /// <summary>
    /// A consumer that starts at the log's beginning where nothing is committed. It commits only what its owner commits: automatic commits are off.
    /// </summary>
    public static ConsumerConfig Consumer(string bootstrapServers, string clientId, string groupId) => new()
    {
        BootstrapServers = bootstrapServers,
        ClientId = clientId,
        GroupId = groupId,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnableAutoCommit = false,
        EnableAutoOffsetStore = false,
        IsolationLevel = IsolationLevel.ReadCommitted,
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,
        FetchWaitMaxMs = 100,
        // A reader that catches up has a full queue; librdkafka would fetch nothing more for a second, however soon the queue is empty again.
        FetchQueueBackoffMs = 10,
        SocketNagleDisable = true,
        AllowAutoCreateTopics = false,
    };

    public static AdminClientConfig Admin(string bootstrapServers, string clientId) => new() { BootstrapServers = bootstrapServers, ClientId = clientId };
}
