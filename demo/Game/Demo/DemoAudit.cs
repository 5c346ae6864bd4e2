using Game.Cli.Audit;
using Game.Cli.Processes;
using Game.Cli.Query;
using Game.Cli.Report;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Simulator.Load;
using Game.WebHdfs;
using HdrHistogram;

namespace Game.Cli.Demo;

/// <summary>The live part as it went.</summary>
/// <param name="Campaigns">How many were begun.</param>
/// <param name="FinishedCampaigns">How many were played to their end.</param>
/// <param name="Recovery">Of the detector that was killed.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="MeasuredFromMs">Latencies are those of events from here on: the end of the warm-up, epoch ms.</param>
internal sealed record LivePart(int Campaigns, int FinishedCampaigns, Recovery Recovery, double Seconds, long MeasuredFromMs);

/// <summary>What a demo left behind for the audit.</summary>
internal sealed record DemoOutcome(LoadStatistics Load, long HistoryPublished, int Players, LivePart Live, IReadOnlyCollection<SeenAlert> Alerts);

/// <summary>Reads everything back and compares.</summary>
internal sealed class DemoAudit(DemoOptions options, GameSystem system, GroupProgress progress, IWebHdfs hdfs)
{
    private const long MaxMicros = 600_000_000;

    /// <summary>Of this many campaigns the rules miss every one only where they do not work.</summary>
    private const int CampaignsThatRaiseAlerts = 5;

    public async Task<DemoReport> RunAsync(DemoOutcome outcome, CancellationToken cancellation)
    {
        (TruthTable truth, EventAudit events, AlertAudit alerts) = await Task.Run(() => ReadTopics(cancellation), cancellation);
        WarehouseAudit warehouse = await WarehouseAudit.ReadAsync(hdfs, SystemOptions.Warehouse, system.Folder.Cache, cancellation);
        AuditSection audit = await CompareAsync(outcome, events, alerts, warehouse);
        DetectionResult detection = DetectionResult.Judge(truth, events, [.. alerts.ById.Values], outcome.Players, outcome.Live.Seconds);
        if (truth.Campaigns.Count != outcome.Live.Campaigns)
            audit = audit with { Differences = [.. audit.Differences, $"The simulator planted {outcome.Live.Campaigns} campaigns, but simulation-truth holds {truth.Campaigns.Count}."] };
        return new DemoReport(audit, Latency(outcome, events), new RecoverySection(outcome.Live.Recovery.Ms, outcome.Live.Recovery.EventsDelayed), Rates(outcome), detection,
            new EndpointsSection(system.Endpoints.BootstrapServers, system.Endpoints.WebHdfs, system.Endpoints.GameServers), system.Folder.Path);
    }

    private (TruthTable Truth, EventAudit Events, AlertAudit Alerts) ReadTopics(CancellationToken cancellation)
    {
        var reader = new TopicReader(system.Endpoints.BootstrapServers);
        TruthTable truth = TruthTable.Read(Records(Topics.SimulationTruth));
        var events = new EventAudit(options.Partitions, new RuleSet(), truth);
        events.Read(Records(Topics.PlayerEvents));
        var alerts = new AlertAudit();
        alerts.Read(Records(Topics.Alerts));
        alerts.ReadPriority(Records(Topics.AlertsPriority));
        return (truth, events, alerts);

        IEnumerable<AuditRecord> Records(string topic) => reader.Read(topic, system.Topics[topic].Partitions, cancellation);
    }

    private async Task<AuditSection> CompareAsync(DemoOutcome outcome, EventAudit events, AlertAudit alerts, WarehouseAudit warehouse)
    {
        Dictionary<int, long> committed = (await progress.OfAsync(SystemOptions.DetectorGroup, Topics.PlayerEvents, options.Partitions))
            .ToDictionary(p => p.Partition.Partition.Value, p => p.Committed);
        HashSet<Guid> answered = [.. outcome.Load.AnsweredEventIds];
        Guid[] undetected = [.. events.LivePlaces.Where(place => place.Value.Offset >= committed[place.Value.Partition]).Select(place => place.Key)];
        HashSet<string> inTopic = [.. alerts.ById.Keys];
        HashSet<string> replayed = events.ReplayedAlertIds;
        HashSet<Guid> live = [.. events.LivePlaces.Keys];
        HashSet<Guid> liveInHdfs = [.. warehouse.EventIds.Where(id => !events.HistoryIds.Contains(id))], historyInHdfs = [.. warehouse.EventIds.Where(events.HistoryIds.Contains)];
        var differences = new Differences();
        differences.Count("events are neither answered nor rejected", outcome.Load.Unsettled);
        differences.Count("events were refused for another reason than the rate limit", outcome.Load.Refused);
        differences.Require(outcome.Load.Sent == 0 || answered.Count > 0, "Not one event was answered.");
        differences.Require(outcome.Live.FinishedCampaigns < CampaignsThatRaiseAlerts || inTopic.Count > 0, $"{outcome.Live.FinishedCampaigns} campaigns were played to their end, but there is not one alert.");
        differences.Sets("answered events", answered, "player-events", live);
        differences.Equal("events of history", outcome.HistoryPublished, "distinct ids in player-events", events.HistoryIds.Count);
        differences.Count("records of player-events are no events", events.Undecodable);
        differences.Count("live events lie beyond the detectors' commits", undetected.Length);
        differences.Sets("live events of player-events", live, "HDFS", liveInHdfs);
        differences.Sets("events of history in player-events", events.HistoryIds, "HDFS", historyInHdfs);
        differences.Sets("alerts of the topic", inTopic, "HDFS", warehouse.AlertIds);
        differences.Count("alert ids are in the topic more than once", alerts.Duplicates.Count);
        differences.Count("(topic, partition, offset) are in HDFS more than once", warehouse.DuplicateRows);
        differences.Sets("alerts of the detectors", inTopic, "the replay", replayed);
        differences.Sets("critical alerts", alerts.Critical, Topics.AlertsPriority, alerts.Priority);
        differences.Count("records of alerts-priority repeat another", alerts.PriorityRepeats);
        return new AuditSection
        {
            Sent = outcome.Load.Sent,
            Answered = outcome.Load.Answered,
            Rejected = outcome.Load.Rejected,
            InTopic = live.Count,
            Detected = live.Count - undetected.Length,
            InHdfs = liveInHdfs.Count,
            HistoryPublished = outcome.HistoryPublished,
            HistoryInTopic = events.HistoryIds.Count,
            HistoryInHdfs = historyInHdfs.Count,
            AlertsInTopic = inTopic.Count,
            AlertsInHdfs = warehouse.AlertIds.Count,
            CriticalAlerts = alerts.Critical.Count,
            AlertsInPriority = alerts.Priority.Count,
            DuplicateAlertIds = alerts.Duplicates.Count,
            DuplicateRowsInHdfs = warehouse.DuplicateRows,
            ReplayDifferences = inTopic.Except(replayed).Count() + replayed.Except(inTopic).Count(),
            Differences = differences.Sentences,
        };
    }

    private static LatencySection Latency(DemoOutcome outcome, EventAudit events)
    {
        var delays = new LongHistogram(MaxMicros, 3);
        foreach (SeenAlert seen in outcome.Alerts.Where(seen => seen.Alert.Ts >= outcome.Live.MeasuredFromMs && events.LivePlaces.ContainsKey(seen.Alert.EventId) && !Delayed(seen.Alert, outcome.Live.Recovery)))
            delays.RecordValue(Math.Clamp((long)(seen.DelayMs * 1000), 1, MaxMicros - 1));
        LoadStatistics load = outcome.Load;
        return new LatencySection(LatencyFigures.Of(load.Latency), LatencyFigures.Of(Percentiles.Of(delays)), load.ValidForLatency, load.LateShare, LatencyFigures.Of(load.StartLag));
    }

    private static bool Delayed(Alert alert, Recovery recovery)
        => recovery.Delayed.TryGetValue(alert.SourcePartition, out (long First, long Last) range) && alert.SourceOffset >= range.First && alert.SourceOffset < range.Last;

    private static RatesSection Rates(DemoOutcome outcome)
        => new(outcome.Load.ActionsStarted / outcome.Live.Seconds, outcome.Load.Answered / outcome.Live.Seconds, outcome.Load.RateLimited, outcome.Load.Retries);
}
