using System.Diagnostics.Metrics;
using Game.Detector.Assignments;

namespace Game.Detector.Hosting;

/// <summary>The detector's metrics, read from the partitions' own counters when someone asks: counting costs the hot path one addition.</summary>
internal sealed class DetectorMetrics
{
    public const string MeterName = "Game.Detector";

    public DetectorMetrics(Meter meter, IReadOnlyList<PartitionStatus> statuses)
    {
        Counter("detector.events", "Records judged.", status => status.Events);
        Counter("detector.alerts", "Alerts sent (with --filter: alerts copied).", status => status.Alerts);
        Counter("detector.alerts.already_raised", "Alerts held back because the partition's former owner had raised them.", status => status.AlreadyRaised);
        Counter("detector.dead_letters", "Records that were no events.", status => status.DeadLetters);
        Counter("detector.repeated", "Events of the id and content of another in their player's window.", status => status.Repeated);
        Counter("detector.misdated", "Events whose time lies more than 5 minutes after their record's.", status => status.Misdated);
        Gauge("detector.lag", "Records between the position and the log's end.", status => Math.Max(0, status.End - status.Position),
            status => status.Phase == PartitionPhase.Live);
        Gauge("detector.players", "Players remembered.", status => status.Players, status => status.Phase == PartitionPhase.Live);
        Gauge("detector.partition.live", "1 live, 0 being rebuilt.", status => status.Phase == PartitionPhase.Live ? 1 : 0,
            status => status.Phase != PartitionPhase.NotAssigned);
        Gauge("detector.rebuild.start", "Offset at which the rebuild began; above 0 older events have expired.", status => status.Rebuild.From,
            status => status.Phase != PartitionPhase.NotAssigned);
        Gauge("detector.rebuild.position", "Offset the rebuild is at.", status => status.Rebuild.At, status => status.Phase != PartitionPhase.NotAssigned);
        Gauge("detector.rebuild.target", "Offset at which the rebuild ends.", status => status.Rebuild.Target,
            status => status.Phase != PartitionPhase.NotAssigned);

        void Counter(string name, string description, Func<PartitionStatus, long> value)
            => meter.CreateObservableCounter(name, () => Measure(statuses, value, _ => true), unit: null, description);

        void Gauge(string name, string description, Func<PartitionStatus, long> value, Predicate<PartitionStatus> shown)
            => meter.CreateObservableGauge(name, () => Measure(statuses, value, shown), unit: null, description);
    }

    private static IEnumerable<Measurement<long>> Measure(IReadOnlyList<PartitionStatus> statuses, Func<PartitionStatus, long> value,
        Predicate<PartitionStatus> shown)
        => statuses.Where(status => shown(status)).Select(status => new Measurement<long>(value(status),
        new KeyValuePair<string, object?>("partition", status.Partition)));
}
