using System.Diagnostics.Metrics;
using Broker.Server.Partitions;

namespace Broker.Server.Hosting;

/// <summary>How many partitions the broker holds and leads, and which of those lack replicas; after the metrics of Kafka's ReplicaManager.</summary>
internal static class PartitionGauges
{
    public static void AddTo(Meter meter, PartitionTable partitions)
    {
        meter.CreateObservableGauge("broker.partitions", () => partitions.Count, unit: null, "Partitions with a replica on this broker");
        meter.CreateObservableGauge("broker.partitions.led", () => partitions.LeaderCount, unit: null, "Partitions that this broker leads");
        Count("broker.partitions.under.replicated", partition => partition.State.Isr.Length < partition.State.Replicas.Length,
            "Partitions that this broker leads and whose replicas are not all in sync");
        Count("broker.partitions.under.min.isr", partition => partition.State.Isr.Length < MinIsrOf(partition),
            "Partitions that this broker leads and that refuse acks=all, because too few replicas are in sync");
        Count("broker.partitions.at.min.isr", partition => partition.State.Isr.Length == MinIsrOf(partition),
            "Partitions that this broker leads and that will refuse acks=all when one more replica falls out of sync");
        meter.CreateObservableGauge("broker.partitions.offline", () => partitions.All.Count(partition => partition.State.Role == PartitionRole.Offline),
            unit: null, "Replicas in log directories that have failed");
        meter.CreateObservableGauge("broker.replica.lag.max", () => partitions.All.Select(LagOf).DefaultIfEmpty().Max(), unit: null,
            "The most records that an in-sync or other replica lacks of a partition that this broker leads");
        meter.CreateObservableGauge("broker.replica.lag", () => partitions.All.SelectMany(Lagging), unit: null,
            "Records that a replica lacks of a partition that this broker leads; replicas that lack none are not listed");
        Counter("broker.isr.shrinks", () => partitions.IsrCounts.Shrinks, "Changes by which replicas left the in-sync replicas of led partitions");
        Counter("broker.isr.expands", () => partitions.IsrCounts.Expansions, "Changes by which replicas joined the in-sync replicas of led partitions");
        Counter("broker.isr.updates.failed", () => partitions.IsrCounts.Failures, "Changes of in-sync replicas that the controller refused");

        void Counter(string name, Func<long> count, string description) => meter.CreateObservableCounter(name, count, unit: null, description);

        void Count(string name, Func<Partition, bool> isCounted, string description) => meter.CreateObservableGauge(
            name, () => partitions.All.Count(partition => partition.State.IsLeader && isCounted(partition)), unit: null, description);
    }

    private static int MinIsrOf(Partition partition) => partition.State.EffectiveMinIsr(partition.Log?.Config.MinInSyncReplicas ?? 1);

    private static long LagOf(Partition partition) => Lags(partition).Select(replica => replica.Lag).DefaultIfEmpty().Max();

    private static IEnumerable<Measurement<long>> Lagging(Partition partition) => Lags(partition).Where(replica => replica.Lag > 0)
        .Select(replica => new Measurement<long>(
            replica.Lag, new("topic", partition.Name.Topic), new("partition", partition.Name.Partition), new("replica", replica.BrokerId)));

    private static IEnumerable<(int BrokerId, long Lag)> Lags(Partition partition)
    {
        PartitionState state = partition.State;
        long end = partition.Log?.LogEndOffset ?? 0;
        return state.IsLeader ? state.Followers.Select(follower => (follower.BrokerId, end - Math.Max(follower.LogEndOffset, 0))) : [];
    }
}
