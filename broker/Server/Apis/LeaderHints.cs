using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Partitions;

namespace Broker.Server.Apis;

/// <summary>Where a partition's leader is, told with "not leader" errors so that clients need not ask for metadata first (KIP-951).</summary>
internal struct LeaderHints
{
    private Dictionary<int, (BrokerEndpoint Endpoint, string? Rack)>? _nodes;

    /// <summary>The leaders named so far that can be reached over the listener.</summary>
    public readonly IEnumerable<(int Id, BrokerEndpoint Endpoint, string? Rack)> Nodes =>
        _nodes is null ? [] : _nodes.Select(n => (n.Key, n.Value.Endpoint, n.Value.Rack));

    /// <summary>The leader by this broker's partition where it has one, else by the cluster's image; (-1, -1) unknown.</summary>
    public (int LeaderId, int LeaderEpoch) Note(ClusterImage image, Partition? partition, string topic, int index, string listener)
    {
        PartitionState? own = partition?.State;
        PartitionImage? told = image.Partition(topic, index);
        (int leader, int epoch) = own is not null && own.LeaderEpoch >= (told?.LeaderEpoch ?? -1)
            ? (own.LeaderId, own.LeaderEpoch)
            : (told?.Leader ?? -1, told?.LeaderEpoch ?? -1);
        if (image.Brokers.TryGetValue(leader, out BrokerImage? broker) && broker.On(listener) is { } endpoint)
        {
            (_nodes ??= [])[leader] = (endpoint, broker.Rack);
        }

        return (leader, epoch);
    }
}
