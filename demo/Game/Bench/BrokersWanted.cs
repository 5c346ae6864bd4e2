using Game.Cli.Processes;

namespace Game.Cli.Bench;

/// <summary>How many brokers are started, and with which settings beside addresses, ids and folders: the same for ours and for a peer.</summary>
/// <param name="Count">More than one are a cluster on a ZooKeeper of its own.</param>
/// <param name="Settings">KEY=VALUE, Kafka's keys.</param>
internal sealed record BrokersWanted(int Count, IReadOnlyList<string> Settings)
{
    public static BrokersWanted One { get; } = new(1, []);

    public bool IsCluster => Count > 1;

    /// <param name="sessionTimeout">How long ZooKeeper hears nothing of a broker before the others elect new leaders.</param>
    public static BrokersWanted Cluster(TimeSpan sessionTimeout) => new(Brokers.ClusterSize,
    [
        $"zookeeper.session.timeout.ms={sessionTimeout.TotalMilliseconds:F0}", "min.insync.replicas=2",
        $"default.replication.factor={Brokers.ClusterSize}", $"offsets.topic.replication.factor={Brokers.ClusterSize}",
    ]);
}
