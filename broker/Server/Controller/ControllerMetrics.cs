using System.Diagnostics.Metrics;

namespace Broker.Server.Controller;

/// <summary>The controller's metrics, after Kafka's. Those of the cluster are 0 on brokers that are not the controller. Any thread.</summary>
internal sealed class ControllerMetrics
{
    private volatile ControllerContext? _cluster;
    private Histogram<double>? _elections;
    private long _unclean;

    /// <summary>What the controller knows, while this broker is the controller.</summary>
    internal ControllerContext? Cluster
    {
        set => _cluster = value;
    }

    /// <summary>Adds the instruments to a broker's meter; before the controller starts.</summary>
    internal void AddTo(Meter meter)
    {
        meter.CreateObservableGauge("broker.controller.active.controller.count", () => _cluster is null ? 0 : 1, unit: null,
            "1 on the broker that is the controller");
        meter.CreateObservableGauge("broker.controller.global.topic.count", () => _cluster?.TopicIds.Count ?? 0, unit: null, "Topics of the cluster");
        meter.CreateObservableGauge("broker.controller.global.partition.count", () => _cluster?.PartitionCount ?? 0, unit: null, "Partitions of the cluster");
        meter.CreateObservableGauge("broker.controller.offline.partitions.count", () => _cluster?.OfflineCount ?? 0, unit: null, "Partitions without a leader");
        meter.CreateObservableGauge("broker.controller.preferred.replica.imbalance.count", () => _cluster?.ImbalanceCount ?? 0, unit: null,
            "Partitions that are not led by the first of their replicas");
        meter.CreateObservableGauge("broker.controller.active.broker.count", () => _cluster?.Brokers.Count ?? 0, unit: null, "Registered brokers");
        meter.CreateObservableCounter("broker.controller.unclean.leader.elections", () => Interlocked.Read(ref _unclean), unit: null,
            "Leaders elected that were not in sync");
        _elections = meter.CreateHistogram<double>("broker.controller.leader.election.duration", "s",
            "From a change of the registered brokers to the requests that make others lead");
    }

    internal void Elected(TimeSpan duration) => _elections?.Record(duration.TotalSeconds);

    internal void Unclean() => Interlocked.Increment(ref _unclean);
}
