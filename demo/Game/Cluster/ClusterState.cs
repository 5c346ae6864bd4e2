using Confluent.Kafka;

namespace Game.Cli.Cluster;

/// <summary>What one broker does for the cluster.</summary>
/// <param name="Id">From 1.</param>
/// <param name="IsRegistered">Whether the cluster counts it as alive.</param>
/// <param name="Leads">Partitions that it leads.</param>
/// <param name="InSync">Its replicas that are in sync.</param>
/// <param name="Replicas">All its replicas.</param>
internal sealed record BrokerState(int Id, bool IsRegistered, int Leads, int InSync, int Replicas);

/// <summary>Leaders and in-sync replicas of a cluster, as its controller describes them.</summary>
/// <param name="Controller">The id of the controller.</param>
/// <param name="Brokers">By id.</param>
/// <param name="Partitions">Partitions of all topics.</param>
/// <param name="UnderReplicated">Partitions of which a replica is not in sync.</param>
/// <param name="WithoutLeader">Partitions that nobody leads.</param>
/// <param name="Leaders">The leader's id by partition; -1 for none.</param>
internal sealed record ClusterState(int Controller, IReadOnlyList<BrokerState> Brokers, int Partitions, int UnderReplicated, int WithoutLeader,
    IReadOnlyDictionary<TopicPartition, int> Leaders)
{
    /// <summary>Whether all brokers are registered and all replicas in sync.</summary>
    public bool IsWhole => Brokers.All(broker => broker.IsRegistered) && UnderReplicated == 0;

    public string Summary
        => $"controller {Controller}, {Partitions:N0} partitions, {UnderReplicated:N0} under-replicated, {WithoutLeader:N0} without leader";

    /// <param name="metadata">Of all topics, from the controller.</param>
    /// <param name="controller">The id of the controller.</param>
    public static ClusterState Of(Metadata metadata, int controller)
    {
        (TopicPartition Name, PartitionMetadata State)[] partitions =
            [.. metadata.Topics.SelectMany(topic => topic.Partitions.Select(p => (new TopicPartition(topic.Topic, p.PartitionId), p)))];
        PartitionMetadata[] states = [.. partitions.Select(partition => partition.State)];
        return new ClusterState(controller,
            [.. Enumerable.Range(1, Processes.Brokers.ClusterSize).Select(id => new BrokerState(id, metadata.Brokers.Exists(broker => broker.BrokerId == id),
                states.Count(p => p.Leader == id), states.Count(p => p.InSyncReplicas.Contains(id)), states.Count(p => p.Replicas.Contains(id))))],
            states.Length, states.Count(p => p.InSyncReplicas.Length < p.Replicas.Length), states.Count(p => p.Leader < 0),
            partitions.ToDictionary(partition => partition.Name, partition => partition.State.Leader));
    }
}
