using System.Diagnostics.Metrics;
using Broker.Server.Config;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Shards;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Server.Time;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Groups;

/// <summary>Composes the groups' part of a broker. Create it before the partitions, which notify it of their leadership; stop it before the timing
/// wheel.</summary>
internal static class GroupService
{
    /// <param name="config">Limits.</param>
    /// <param name="metadata">What this broker knows of the cluster.</param>
    /// <param name="partitions">The partitions, asked for when there are any.</param>
    /// <param name="scheduler">Runs the shards' loops.</param>
    /// <param name="wheel">Time-outs.</param>
    /// <param name="cold">Loads groups.</param>
    /// <param name="meter">The broker's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where log lines go.</param>
    /// <returns>The coordinator, which must be notified of the partitions' roles.</returns>
    public static GroupCoordinator Start(
        BrokerConfig config, MetadataCache metadata, Func<PartitionTable> partitions, IScheduler scheduler, TimingWheel wheel, DirectoryThreads cold,
        Meter meter, TimeProvider time, ILogger logger)
    {
        GroupLimits limits = GroupLimits.Of(config);
        GroupServices services = new(limits, time, wheel, new GroupMetrics(meter), logger, scheduler, RunCold);
        GroupCoordinator coordinator = new(services, partition => new PartitionOffsetsLog(partitions(), partition, limits), () => metadata.Current);
        metadata.Subscribe(coordinator.ImageChanged);
        return coordinator;

        Task RunCold(int partition, Action work) => cold.Of([partitions().Find(ClusterImage.ConsumerOffsets, partition)]).Run(() => Done(work));
    }

    private static bool Done(Action work)
    {
        work();
        return true;
    }
}
