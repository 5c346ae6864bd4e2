using Broker.Server.Config;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>The settings of the simulated brokers: three racks, everything replicated three times, short intervals.</summary>
internal static class Settings
{
    public const string FirstDisk = "/disk-1";
    public const string SecondDisk = "/disk-2";

    public static string RackOf(int id) => $"rack-{id}";

    public static BrokerConfig Of(int id)
    {
        (string host, int port) = SimNetwork.AddressOf(id);
        return new BrokerConfig(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["broker.id"] = $"{id}",
            ["broker.rack"] = RackOf(id),
            ["listeners"] = $"PLAINTEXT://{host}:{port}",
            ["log.dirs"] = $"{FirstDisk},{SecondDisk}",
            ["num.recovery.threads.per.data.dir"] = "1",
            ["default.replication.factor"] = "3",
            ["min.insync.replicas"] = "2",
            ["offsets.topic.replication.factor"] = "3",
            ["offsets.topic.num.partitions"] = "2",
            ["group.initial.rebalance.delay.ms"] = "300",
            ["replica.lag.time.max.ms"] = "5000",
            ["log.initial.task.delay.ms"] = "2000",
            ["log.retention.check.interval.ms"] = "3000",
            ["replica.high.watermark.checkpoint.interval.ms"] = "2000",
            ["log.segment.delete.delay.ms"] = "3000",
            ["controlled.shutdown.retry.backoff.ms"] = "1000",
            [BrokerConfig.ReplicaSelectorKey] = BrokerConfig.RackAwareSelector,
        });
    }
}
