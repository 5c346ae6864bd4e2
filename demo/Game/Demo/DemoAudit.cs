using Game.Analysis.Audit;
using Game.Cli.Audit;
using Game.Cli.Cluster;
using Game.Cli.Processes;
using Game.Cli.Report;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Simulator.Load;
using Game.Simulator.World;
using Game.WebHdfs;
using HdrHistogram;

namespace Game.Cli.Demo;

/// <summary>What happened in the live part of a demo.</summary>
/// <param name="Campaigns">Campaigns that began.</param>
/// <param name="FinishedCampaigns">Campaigns that were played to their end.</param>
/// <param name="Recovery">How the detector group recovered after the kill.</param>
/// <param name="Faults">The faults of a cluster's brokers.</param>
/// <param name="Seconds">Length of the live part.</param>
/// <param name="MeasuredFromMs">End of the warm-up, epoch milliseconds: latencies are measured on later events only.</param>
internal sealed record LivePart(int Campaigns, int FinishedCampaigns, Recovery Recovery, IReadOnlyList<BrokerFault> Faults, double Seconds,
    long MeasuredFromMs);

/// <summary>What the audit compares with the topics and HDFS.</summary>
internal sealed record DemoOutcome(LoadStatistics Load, long HistoryPublished, int Players, LivePart Live, IReadOnlyCollection<ReceivedAlert> Alerts);

/// <summary>Reads all topics and HDFS after a demo and compares them with what the demo sent.</summary>
internal sealed class DemoAudit(DemoOptions options, GameSystem system, GroupProgress progress, IWebHdfs hdfs)
{
    private const long MaxMicros = 600_000_000;

    public async Task<DemoReport> RunAsync(DemoOutcome outcome, CancellationToken cancellation)
    {
        TopicContents topics = await Task.Run(() => ReadTopics(cancellation), cancellation);
        AuditSection audit = AuditComparison.Of(new AuditEvidence
        {
            Load = outcome.Load,
            HistoryPublished = outcome.HistoryPublished,
            CampaignsBegun = outcome.Live.Campaigns,
            CampaignsFinished = outcome.Live.FinishedCampaigns,
            Truth = topics.Truth,
            Events = topics.Events,
            Alerts = topics.Alerts,
            BrokersFailed = outcome.Live.Faults.Count > 0,
            DeadLetters = topics.DeadLetters,
            Warehouse = await WarehouseAudit.ReadAsync(hdfs, SystemOptions.Warehouse, system.Folder.Cache, cancellation),
            Committed = (await progress.OfAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents, options.Partitions))
                .ToDictionary(p => p.Partition.Partition.Value, p => p.Committed),
        });
        DetectionResult detection = DetectionResult.Judge(topics.Truth, topics.Events, [.. topics.Alerts.ById.Values], outcome.Players, outcome.Live.Seconds);
        RecoverySection recovery = new(outcome.Live.Recovery.Ms, outcome.Live.Recovery.EventsDelayed);
        EndpointsSection endpoints = new(system.Endpoints.BootstrapServers, system.Endpoints.WebHdfs, system.Endpoints.GameServers);
        ClusterSection? cluster = options.Cluster
            ? new ClusterSection(Brokers.ClusterSize, Brokers.SessionTimeout.TotalMilliseconds, outcome.Live.Faults) : null;
        return new DemoReport(audit, Latency(outcome, topics.Events), recovery, Rates(outcome), detection, endpoints, system.Folder.Path, cluster);
    }

    private sealed record TopicContents(TruthTable Truth, EventAudit Events, AlertAudit Alerts, long DeadLetters);

    private TopicContents ReadTopics(CancellationToken cancellation)
    {
        TopicReader reader = new(system.Endpoints.BootstrapServers);
        TruthTable truth = TruthTable.Read(Records(Topics.SimulationTruth));
        EventAudit events = new(options.Partitions, new RuleSet(), truth, History.ServerId);
        events.Read(Records(Topics.PlayerEvents));
        AlertAudit alerts = new();
        alerts.Read(Records(Topics.Alerts));
        alerts.ReadPriority(Records(Topics.AlertsPriority));
        return new TopicContents(truth, events, alerts, Records(Topics.DeadLetters).LongCount());

        IEnumerable<AuditRecord> Records(string topic) => reader.Read(topic, system.Topics[topic].Partitions, cancellation);
    }

    private static LatencySection Latency(DemoOutcome outcome, EventAudit events)
    {
        LongHistogram delays = new(MaxMicros, 3);
        foreach (ReceivedAlert seen in outcome.Alerts.Where(seen => seen.Alert.Ts >= outcome.Live.MeasuredFromMs
            && events.LivePositions.ContainsKey(seen.Alert.EventId) && !Delayed(seen.Alert, outcome.Live.Recovery)))
        {
            delays.RecordValue(Math.Clamp((long)(seen.DelayMs * 1000), 1, MaxMicros - 1));
        }
        LoadStatistics load = outcome.Load;
        return new LatencySection(LatencyFigures.Of(load.Latency), LatencyFigures.Of(Percentiles.Of(delays)), load.ValidForLatency, load.LateShare,
            LatencyFigures.Of(load.StartLag));
    }

    private static bool Delayed(Alert alert, Recovery recovery)
        => recovery.Delayed.TryGetValue(alert.SourcePartition, out (long First, long Last) range)
            && alert.SourceOffset >= range.First && alert.SourceOffset < range.Last;

    private static RatesSection Rates(DemoOutcome outcome)
        => new(outcome.Load.ActionsStarted / outcome.Live.Seconds, outcome.Load.Answered / outcome.Live.Seconds,
            outcome.Load.RateLimited, outcome.Load.Retries);
}
