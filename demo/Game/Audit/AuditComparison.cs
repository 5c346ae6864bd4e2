using Game.Analysis.Audit;
using Game.Contracts;
using Game.Simulator.Load;

namespace Game.Cli.Audit;

/// <summary>What the demo sent and counted, and what the audit read from topics and HDFS.</summary>
internal sealed record AuditEvidence
{
    public required LoadStatistics Load { get; init; }

    public required long HistoryPublished { get; init; }

    public required int CampaignsBegun { get; init; }

    public required int CampaignsFinished { get; init; }

    public required TruthTable Truth { get; init; }

    public required EventAudit Events { get; init; }

    public required AlertAudit Alerts { get; init; }

    /// <summary>Whether a broker failed meanwhile, so that the filter may have lost its partitions and copied some alerts again.</summary>
    public required bool BrokersFailed { get; init; }

    public required WarehouseAudit Warehouse { get; init; }

    /// <summary>Records of the topic <c>dead-letters</c>.</summary>
    public required long DeadLetters { get; init; }

    /// <summary>By partition of player-events: the offset that the detectors have committed.</summary>
    public required IReadOnlyDictionary<int, long> Committed { get; init; }
}

/// <summary>Compares the evidence; does no I/O.</summary>
internal static class AuditComparison
{
    /// <summary>Rules that raise no alert on this many finished campaigns do not work.</summary>
    private const int CampaignsThatRaiseAlerts = 5;

    public static AuditSection Of(AuditEvidence evidence)
    {
        EventAudit events = evidence.Events;
        HashSet<Guid> answered = [.. evidence.Load.AnsweredEventIds], live = [.. events.LivePositions.Keys];
        HashSet<Guid> liveInHdfs = [.. evidence.Warehouse.EventIds.Where(id => !events.HistoryIds.Contains(id))];
        HashSet<Guid> historyInHdfs = [.. evidence.Warehouse.EventIds.Where(events.HistoryIds.Contains)];
        HashSet<string> inTopic = [.. evidence.Alerts.ById.Keys], replayed = events.ReplayedAlertIds;
        long uncommitted = events.LivePositions.Count(position => position.Value.Offset >= evidence.Committed[position.Value.Partition]);
        Differences differences = new();
        CompareLoad(differences, evidence, answered.Count, inTopic.Count);
        differences.EqualSets("answered events", answered, "player-events", live);
        differences.Equal("events of history", evidence.HistoryPublished, "distinct ids in player-events", events.HistoryIds.Count);
        CompareRecords(differences, evidence, uncommitted);
        differences.EqualSets("live events of player-events", live, "HDFS", liveInHdfs);
        differences.EqualSets("events of history in player-events", events.HistoryIds, "HDFS", historyInHdfs);
        differences.Count("(topic, partition, offset) are in HDFS more than once", evidence.Warehouse.DuplicateRows);
        CompareAlerts(differences, evidence, inTopic, replayed);
        return new AuditSection
        {
            Sent = evidence.Load.Sent,
            Answered = evidence.Load.Answered,
            Rejected = evidence.Load.Rejected,
            RefusedLogins = evidence.Load.RefusedLogins,
            InTopic = live.Count,
            Detected = live.Count - uncommitted - events.LiveDeadLetters,
            InHdfs = liveInHdfs.Count,
            HistoryPublished = evidence.HistoryPublished,
            HistoryInTopic = events.HistoryIds.Count,
            HistoryInHdfs = historyInHdfs.Count,
            DeadLetters = evidence.DeadLetters,
            ReplayedDeadLetters = events.DeadLetters,
            Misrouted = events.Misrouted + evidence.Alerts.Misrouted,
            AlertsInTopic = inTopic.Count,
            AlertsInHdfs = evidence.Warehouse.AlertIds.Count,
            CriticalAlerts = evidence.Alerts.Critical.Count,
            AlertsInPriority = evidence.Alerts.Priority.Count,
            PriorityRepeats = evidence.Alerts.PriorityRepeats,
            DuplicateAlertIds = evidence.Alerts.Duplicates.Count,
            DuplicateRowsInHdfs = evidence.Warehouse.DuplicateRows,
            ReplayDifferences = inTopic.Except(replayed).Count() + replayed.Except(inTopic).Count(),
            Differences = differences.Sentences,
        };
    }

    private static void CompareLoad(Differences differences, AuditEvidence evidence, int answered, int alerts)
    {
        differences.Count("events are neither answered nor rejected", evidence.Load.Unanswered);
        differences.Count("events were refused for another reason than the rate limit", evidence.Load.Refused);
        differences.Count("logins with the player's own secret were answered as if it were wrong", evidence.Load.RefusedLogins);
        differences.Require(evidence.Load.Sent == 0 || answered > 0, "Not one event was answered.");
        differences.Require(
            evidence.CampaignsFinished < CampaignsThatRaiseAlerts || alerts > 0,
                $"{evidence.CampaignsFinished} campaigns were played to their end, but there is not one alert.");
        differences.Require(
            evidence.Truth.Campaigns.Count == evidence.CampaignsBegun,
            $"The simulator planted {evidence.CampaignsBegun} campaigns, but simulation-truth holds {evidence.Truth.Campaigns.Count}.");
    }

    private static void CompareRecords(Differences differences, AuditEvidence evidence, long uncommitted)
    {
        differences.Count("records of player-events are no events of the player that is their key, so that no rule judges them", evidence.Events.DeadLetters);
        differences.Count($"records are in {Topics.DeadLetters}", evidence.DeadLetters);
        differences.Count("records of player-events lie in another partition than the first of their key", evidence.Events.Misrouted);
        differences.Count("live events lie beyond the detectors' commits", uncommitted);
    }

    private static void CompareAlerts(Differences differences, AuditEvidence evidence, HashSet<string> inTopic, HashSet<string> replayed)
    {
        AlertAudit alerts = evidence.Alerts;
        differences.EqualSets("alerts of the topic", inTopic, "HDFS", evidence.Warehouse.AlertIds);
        differences.Count("alert ids are in the topic more than once", alerts.Duplicates.Count);
        differences.Count("alerts lie in another partition than their event, or under another key", alerts.Misrouted);
        differences.EqualSets("alerts of the detectors", inTopic, "the replay", replayed);
        differences.EqualSets("critical alerts", alerts.Critical, Topics.AlertsPriority, alerts.Priority);
        differences.Count("records of alerts-priority repeat another", evidence.BrokersFailed ? 0 : alerts.PriorityRepeats);
    }
}
