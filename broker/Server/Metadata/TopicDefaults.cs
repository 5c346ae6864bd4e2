using Broker.Server.Config;
using CreatableTopic = Broker.Protocol.Messages.CreateTopicsRequest.CreatableTopic;
using Setting = Broker.Protocol.Messages.CreateTopicsRequest.CreatableTopicConfig;

namespace Broker.Server.Metadata;

/// <summary>
/// Counts and settings of topics that nobody has created: internal ones, and those that are created when a client uses them. From any thread.
/// </summary>
internal sealed class TopicDefaults(DynamicBrokerConfigs configs)
{
    /// <summary>What a topic is created with.</summary>
    internal CreatableTopic Of(string name)
    {
        BrokerConfig config = configs.Effective;
        return name switch
        {
            ClusterImage.ConsumerOffsets => Topic(name, config.OffsetsTopicPartitions, config.OffsetsTopicReplicationFactor,
                ("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", $"{config.OffsetsTopicSegmentBytes}")),
            ClusterImage.TransactionState => Topic(name, config.TransactionStatePartitions, config.TransactionStateReplicationFactor,
                ("unclean.leader.election.enable", "false"), ("compression.type", "uncompressed"), ("cleanup.policy", "compact"),
                ("min.insync.replicas", $"{config.Int("transaction.state.log.min.isr")}"),
                ("segment.bytes", $"{config.Int("transaction.state.log.segment.bytes")}")),
            _ => Topic(name, config.NumPartitions, (short)config.DefaultReplicationFactor),
        };
    }

    /// <summary>The settings that Kafka gives an internal topic; none for others.</summary>
    internal IReadOnlyDictionary<string, string> InternalSettings(string name) =>
        Of(name).Configs.ToDictionary(config => config.Name, config => config.Value!, StringComparer.Ordinal);

    private static CreatableTopic Topic(string name, int partitions, short replicationFactor, params (string Name, string Value)[] settings) => new()
    {
        Name = name,
        NumPartitions = partitions,
        ReplicationFactor = replicationFactor,
        Configs = [.. settings.Select(setting => new Setting { Name = setting.Name, Value = setting.Value })],
    };
}
