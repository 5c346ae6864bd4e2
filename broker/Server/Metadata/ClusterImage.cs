using System.Collections.Immutable;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>A live broker.</summary>
internal sealed record BrokerImage(int Id, IReadOnlyList<BrokerEndpoint> Endpoints, string? Rack)
{
    /// <summary>Where it is reached over a listener; null where it has no such listener.</summary>
    internal BrokerEndpoint? On(string listener)
    {
        foreach (BrokerEndpoint endpoint in Endpoints)
        {
            if (endpoint.Listener == listener)
            {
                return endpoint;
            }
        }

        return null;
    }
}

/// <summary>A partition as in the last UpdateMetadata. Arrays are never changed.</summary>
/// <param name="Leader">A broker id; -1 for none.</param>
internal sealed record PartitionImage(int Partition, int Leader, int LeaderEpoch, int[] Isr, int[] Replicas, int[] OfflineReplicas, int PartitionEpoch,
    int ControllerEpoch);

/// <summary>A topic and its partitions, in the order of their numbers.</summary>
internal sealed record TopicImage(string Name, Guid Id, ImmutableSortedDictionary<int, PartitionImage> Partitions)
{
    internal PartitionImage? Find(int partition) => Partitions.GetValueOrDefault(partition);
}

/// <summary>What this broker knows of the cluster: immutable, replaced whole.</summary>
internal sealed record ClusterImage(
    string ClusterId,
    int ControllerId,
    int ControllerEpoch,
    ImmutableSortedDictionary<int, BrokerImage> Brokers,
    ImmutableSortedDictionary<string, TopicImage> Topics,
    ImmutableDictionary<Guid, string> TopicNames)
{
    /// <summary>The internal topic of groups and their committed offsets.</summary>
    internal const string ConsumerOffsets = "__consumer_offsets";

    /// <summary>The internal topic of transactions.</summary>
    internal const string TransactionState = "__transaction_state";

    /// <summary>What a broker knows before its first UpdateMetadata: nothing, and no broker.</summary>
    internal static ClusterImage Empty(string clusterId) => new(
        clusterId, ControllerId: -1, ControllerEpoch: 0, ImmutableSortedDictionary<int, BrokerImage>.Empty,
        ImmutableSortedDictionary.Create<string, TopicImage>(StringComparer.Ordinal), ImmutableDictionary<Guid, string>.Empty);

    internal static bool IsInternal(string topic) => topic is ConsumerOffsets or TransactionState;

    /// <summary>The topic of a name, or null.</summary>
    internal TopicImage? Topic(string name) => Topics.GetValueOrDefault(name);

    /// <summary>The topic of an id, or null.</summary>
    internal TopicImage? Topic(Guid id) => TopicNames.TryGetValue(id, out string? name) ? Topics.GetValueOrDefault(name) : null;

    /// <summary>A partition, or null.</summary>
    internal PartitionImage? Partition(string topic, int partition) => Topic(topic)?.Find(partition);
}
