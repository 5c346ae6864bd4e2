using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Partitions;

namespace Broker.Server.Apis;

/// <summary>
/// Collects the leaders for a response with NOT_LEADER_OR_FOLLOWER errors, so that the client can go to the leader without a Metadata request (KIP-951).
/// </summary>
internal struct LeaderHints
{
    private Dictionary<int, (BrokerEndpoint Endpoint, string? Rack)>? _nodes;

    /// <summary>The leaders that were added and have an endpoint of the request's listener, each once.</summary>
    public readonly IEnumerable<(int Id, BrokerEndpoint Endpoint, string? Rack)> Nodes =>
        _nodes is null ? [] : _nodes.Select(n => (n.Key, n.Value.Endpoint, n.Value.Rack));

    /// <summary>
    /// Adds a partition's leader and returns it: from this broker's own partition or from the metadata, whichever has the newer leader epoch; (-1, -1) where
    /// neither knows a leader.
    /// </summary>
    public (int LeaderId, int LeaderEpoch) Add(ClusterImage image, Partition? partition, string topic, int index, string listener)
    {
        PartitionState? own = partition?.State;
        PartitionImage? inMetadata = image.Partition(topic, index);
        (int leader, int epoch) = own is not null && own.LeaderEpoch >= (inMetadata?.LeaderEpoch ?? -1)
            ? (own.LeaderId, own.LeaderEpoch)
            : (inMetadata?.Leader ?? -1, inMetadata?.LeaderEpoch ?? -1);
        if (image.Brokers.TryGetValue(leader, out BrokerImage? broker) && broker.On(listener) is { } endpoint)
        {
            (_nodes ??= [])[leader] = (endpoint, broker.Rack);
        }

        return (leader, epoch);
    }
}
