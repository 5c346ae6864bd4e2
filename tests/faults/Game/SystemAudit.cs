using global::Game.Analysis.Audit;
using global::Game.Contracts;
using global::Game.Detector.Rules;
using global::Game.Simulator.World;

namespace Faults.Tests.Game;

/// <summary>What must hold for a system that has read all records, after any kills.</summary>
internal static class SystemAudit
{
    /// <summary>
    /// Every record of player-events and alerts is in the warehouse once by partition and offset; the alerts are those of a fresh replay, no id twice.
    /// </summary>
    /// <returns>The audit of the events, for further questions.</returns>
    public static EventAudit HoldsFor(GameSystem system)
    {
        TopicReader reader = new(system.BootstrapServers);
        CancellationToken stop = TestContext.Current.CancellationToken;
        AuditRecord[] records = [.. reader.Read(Topics.PlayerEvents, GameSystem.Partitions, stop)],
            raised = [.. reader.Read(Topics.Alerts, GameSystem.Partitions, stop)];
        EventAudit events = new(GameSystem.Partitions, new RuleSet(), TruthTable.Read([]), History.ServerId);
        events.Read(records);
        AlertAudit alerts = new();
        alerts.Read(raised);
        Differences differences = new();
        differences.EqualSets("alerts of the detectors", alerts.ById.Keys.ToHashSet(), "the replay", events.ReplayedAlertIds);
        differences.Count("alert ids are in the topic more than once", alerts.Duplicates.Count);
        Compare(differences, Topics.PlayerEvents, records, system.Warehouse.Rows(Topics.PlayerEvents, "event_id"));
        Compare(differences, Topics.Alerts, raised, system.Warehouse.Rows(Topics.Alerts, "alert_id"));
        differences.Sentences.ShouldBeEmpty();
        alerts.ById.ShouldNotBeEmpty("without alerts this would prove little");
        return events;
    }

    private static void Compare(Differences differences, string topic, AuditRecord[] records, IReadOnlyList<WarehouseRow> rows)
    {
        HashSet<(int, long)> stored = [.. rows.Select(row => (row.Partition, row.Offset))];
        differences.Count($"rows of {topic} are in HDFS more than once", rows.Count - stored.Count);
        differences.EqualSets($"records of {topic}", records.Select(record => (record.Partition, record.Offset)).ToHashSet(), "HDFS", stored);
    }
}
