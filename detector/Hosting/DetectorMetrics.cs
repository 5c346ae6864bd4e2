using System.Diagnostics.Metrics;
using Game.Detector.Assignments;

namespace Game.Detector.Hosting;

/// <summary>The detector's metrics. They are read from the partitions' counters when they are scraped, so counting costs the hot path one addition.</summary>
internal sealed class DetectorMetrics
{
    public const string MeterName = "Game.Detector";

    public DetectorMetrics(Meter meter, IReadOnlyList<PartitionStatus> statuses)
    {
        Counter("detector.events", "Records judged.", status => status.Events);
        Counter("detector.alerts", "Alerts sent (with --filter: alerts copied).", status => status.Alerts);
        Counter("detector.alerts.already_raised", "Alerts not sent because an earlier owner of the partition had raised them.", status => status.AlreadyRaised);
        Counter("detector.dead_letters", "Records sent to dead-letters.", status => status.DeadLetters);
        Counter("detector.repeated", "Events with the id and content of an earlier event in the player's window.", status => status.Repeated);
        Counter("detector.misdated", "Events whose time lies more than 5 minutes after their record's.", status => status.Misdated);
        Gauge("detector.lag", "Records between the position and the log's end.", status => Math.Max(0, status.End - status.Position), IsLive);
        Gauge("detector.players", "Players remembered.", status => status.Players, IsLive);
        Gauge("detector.partition.live", "1 live, 0 being rebuilt.", status => IsLive(status) ? 1 : 0, IsAssigned);
        Gauge("detector.rebuild.start", "Offset at which the rebuild began; above 0 older events have expired.", status => status.Rebuild.From, IsAssigned);
        Gauge("detector.rebuild.position", "Offset that the rebuild has reached.", status => status.Rebuild.At, IsAssigned);
        Gauge("detector.rebuild.target", "Offset at which the rebuild ends.", status => status.Rebuild.Target, IsAssigned);

        void Counter(string name, string description, Func<PartitionStatus, long> value)
            => meter.CreateObservableCounter(name, () => Measure(statuses, value, _ => true), unit: null, description);

        void Gauge(string name, string description, Func<PartitionStatus, long> value, Predicate<PartitionStatus> shown)
            => meter.CreateObservableGauge(name, () => Measure(statuses, value, shown), unit: null, description);
    }

    private static bool IsLive(PartitionStatus status) => status.Phase == PartitionPhase.Live;

    private static bool IsAssigned(PartitionStatus status) => status.Phase != PartitionPhase.NotAssigned;

    private static IEnumerable<Measurement<long>> Measure(
        IReadOnlyList<PartitionStatus> statuses, Func<PartitionStatus, long> value, Predicate<PartitionStatus> shown)
        => statuses.Where(status => shown(status))
            .Select(status => new Measurement<long>(value(status), new KeyValuePair<string, object?>("partition", status.Partition)));
}
