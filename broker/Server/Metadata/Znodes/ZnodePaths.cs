using Broker.Storage;

namespace Broker.Server.Metadata.Znodes;

/// <summary>Where things lie in the tree: Kafka's paths.</summary>
internal static class ZnodePaths
{
    internal const string Controller = "/controller";
    internal const string ControllerEpoch = "/controller_epoch";
    internal const string BrokerIds = "/brokers/ids";
    internal const string BrokerSequence = "/brokers/seqid";
    internal const string Topics = "/brokers/topics";
    internal const string DeleteTopics = "/admin/delete_topics";
    internal const string PreferredElection = "/admin/preferred_replica_election";
    internal const string ConfigChanges = "/config/changes";
    internal const string ConfigChangePrefix = "/config/changes/config_change_";
    internal const string IsrChanges = "/isr_change_notification";
    internal const string LogDirEvents = "/log_dir_event_notification";
    internal const string LogDirEventPrefix = "/log_dir_event_notification/log_dir_event_";
    internal const string ClusterId = "/cluster/id";
    internal const string ProducerIdBlock = "/latest_producer_id_block";
    internal const string Feature = "/feature";
    internal const string TopicConfigs = "/config/topics";
    internal const string BrokerConfigs = "/config/brokers";

    /// <summary>The name under which the cluster's default of a kind of configuration lies.</summary>
    internal const string DefaultEntity = "<default>";

    /// <summary>Made empty at a broker's start where they are missing, parents first.</summary>
    internal static IReadOnlyList<string> Persistent { get; } =
    [
        "/consumers", "/brokers", BrokerIds, Topics, BrokerSequence, "/config", ConfigChanges, "/config/topics", "/config/clients", "/config/users",
        "/config/brokers", "/config/ips", "/admin", DeleteTopics, IsrChanges, ProducerIdBlock, LogDirEvents, "/cluster",
    ];

    internal static string Broker(int id) => $"{BrokerIds}/{id}";

    internal static string Topic(string topic) => $"{Topics}/{topic}";

    internal static string Partitions(string topic) => $"{Topics}/{topic}/partitions";

    internal static string Partition(TopicPartition partition) => $"{Topics}/{partition.Topic}/partitions/{partition.Partition}";

    internal static string PartitionState(TopicPartition partition) => Partition(partition) + "/state";

    internal static string DeleteTopic(string topic) => $"{DeleteTopics}/{topic}";

    internal static string Config(string entityPath) => $"/config/{entityPath}";

    internal static string TopicConfig(string topic) => $"{TopicConfigs}/{topic}";
}
