using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Game.Cli.Cluster;

/// <summary>What one broker does for the cluster.</summary>
/// <param name="Id">From 1.</param>
/// <param name="Rack">Empty where the broker is not registered.</param>
/// <param name="Leads">Partitions that it leads.</param>
/// <param name="InSync">Its replicas that are in sync.</param>
/// <param name="Replicas">All its replicas.</param>
internal sealed record BrokerState(int Id, string Rack, int Leads, int InSync, int Replicas);

/// <summary>Leaders and in-sync replicas of a cluster, as one of its brokers describes them.</summary>
/// <param name="Source">The id of that broker. One that was paused describes an old state until it has heard from the controller.</param>
/// <param name="Controller">The id of the controller; -1 where there is none.</param>
/// <param name="Brokers">Those that are registered or hold a replica, by id.</param>
/// <param name="Partitions">Partitions of all topics.</param>
/// <param name="UnderReplicated">Partitions of which a replica is not in sync.</param>
/// <param name="WithoutLeader">Partitions that nobody leads.</param>
/// <param name="Leaders">The leader's id by partition; -1 for none.</param>
internal sealed record ClusterState(int Source, int Controller, IReadOnlyList<BrokerState> Brokers, int Partitions, int UnderReplicated, int WithoutLeader,
    IReadOnlyDictionary<TopicPartition, int> Leaders)
{
    /// <summary>A broker that is paused does not answer; the next request may go to another one.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(1);

    public string Summary
        => $"controller {(Controller < 0 ? "none" : Controller)}, {Partitions:N0} partitions, {UnderReplicated:N0} under-replicated, {WithoutLeader:N0} without leader";

    /// <exception cref="KafkaException">No broker answers in time.</exception>
    public static async Task<ClusterState> ReadAsync(IAdminClient admin)
    {
        DescribeClusterResult cluster = await admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = RequestTimeout });
        Metadata metadata = await Task.Run(() => admin.GetMetadata(RequestTimeout));
        return Of(metadata, cluster.Controller?.Id ?? -1, cluster.Nodes.ToDictionary(node => node.Id, node => node.Rack ?? ""));
    }

    /// <param name="metadata">Of all topics.</param>
    /// <param name="controller">The id of the controller; -1 for none.</param>
    /// <param name="racks">The rack of each registered broker.</param>
    internal static ClusterState Of(Metadata metadata, int controller, IReadOnlyDictionary<int, string> racks)
    {
        (TopicPartition Name, PartitionMetadata State)[] partitions =
            [.. metadata.Topics.SelectMany(topic => topic.Partitions.Select(p => (new TopicPartition(topic.Topic, p.PartitionId), p)))];
        PartitionMetadata[] states = [.. partitions.Select(partition => partition.State)];
        IEnumerable<int> ids = racks.Keys.Concat(states.SelectMany(partition => partition.Replicas)).Distinct().Order();
        return new ClusterState(metadata.OriginatingBrokerId, controller,
            [.. ids.Select(id => new BrokerState(id, racks.GetValueOrDefault(id, ""), states.Count(p => p.Leader == id),
                states.Count(p => p.InSyncReplicas.Contains(id)), states.Count(p => p.Replicas.Contains(id))))],
            states.Length, states.Count(p => p.InSyncReplicas.Length < p.Replicas.Length), states.Count(p => p.Leader < 0),
            partitions.ToDictionary(partition => partition.Name, partition => partition.State.Leader));
    }
}
