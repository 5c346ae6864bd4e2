using System.Diagnostics.Metrics;
using Broker.Server.Partitions;

namespace Broker.Server.Hosting;

/// <summary>How many partitions the broker holds and leads.</summary>
internal static class PartitionGauges
{
    public static void AddTo(Meter meter, PartitionTable partitions)
    {
        meter.CreateObservableGauge("broker.partitions", () => partitions.Count, unit: null, "Partitions with a replica on this broker");
        meter.CreateObservableGauge("broker.partitions.led", () => partitions.LeaderCount, unit: null, "Partitions that this broker leads");
    }
}
