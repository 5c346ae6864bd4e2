using Broker.Server.Metadata;
using Broker.Server.Partitions;

namespace Broker.Server.Apis.Fetching;

/// <summary>
/// Picks the replica from which a consumer should read: one in its rack (KIP-392). The leader's choice; a follower sends nobody away.
/// </summary>
/// <param name="Rack">The consumer's rack; not empty.</param>
/// <param name="Listener">The listener over which it reaches the brokers.</param>
internal readonly record struct ClosestReplica(string Rack, string Listener)
{
    /// <summary>The consumer is to read from the leader.</summary>
    public const int Leader = -1;

    /// <summary>
    /// The broker to read from: the leader where it is in the rack, or else of the in-sync replicas there that have the offset the one that is furthest; of
    /// several the one that was caught up last, then the one with the highest id.
    /// </summary>
    /// <param name="state">Of a partition that this broker leads.</param>
    /// <param name="partition">The same in the cluster's metadata.</param>
    /// <param name="offset">From which the consumer reads.</param>
    /// <param name="logEndOffset">Of the leader.</param>
    /// <param name="image">Where brokers are.</param>
    public int Of(PartitionState state, PartitionImage partition, long offset, long logEndOffset, ClusterImage image)
    {
        if (IsThere(state.LeaderId, partition, image))
        {
            return Leader;
        }

        (long End, long CaughtUpMs, int Broker) best = (-1, long.MinValue, Leader);
        foreach (FollowerProgress follower in state.Followers)
        {
            (long, long, int) candidate = (follower.LogEndOffset, follower.CaughtUpAt(logEndOffset), follower.BrokerId);
            bool hasOffset = follower.LogStartOffset <= offset && offset <= follower.LogEndOffset;
            if (hasOffset && state.Isr.Contains(follower.BrokerId) && candidate.CompareTo(best) > 0 && IsThere(follower.BrokerId, partition, image))
            {
                best = candidate;
            }
        }

        return best.Broker;
    }

    private bool IsThere(int broker, PartitionImage partition, ClusterImage image) =>
        Array.IndexOf(partition.Replicas, broker) >= 0 && image.Brokers.TryGetValue(broker, out BrokerImage? found) && found.Rack == Rack
        && found.On(Listener) is not null;
}
