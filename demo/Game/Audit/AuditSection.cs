namespace Game.Cli.Audit;

/// <summary>Whether events were lost, duplicated or judged differently. Events are counted by the distinct ids of the records that the audit read.</summary>
internal sealed record AuditSection
{
    public required long Sent { get; init; }

    public required long Answered { get; init; }

    public required long Rejected { get; init; }

    /// <summary>Logins with the player's own secret that were answered as if it were wrong, part of <see cref="Answered"/>.</summary>
    public required long RefusedLogins { get; init; }

    public required long InTopic { get; init; }

    public required long Detected { get; init; }

    public required long InHdfs { get; init; }

    public required long HistoryPublished { get; init; }

    public required long HistoryInTopic { get; init; }

    public required long HistoryInHdfs { get; init; }

    /// <summary>Records of the topic dead-letters.</summary>
    public required long DeadLetters { get; init; }

    /// <summary>Records of player-events that a fresh detector sends there.</summary>
    public required long ReplayedDeadLetters { get; init; }

    /// <summary>Records of player-events in another partition than the first of their key, and alerts in another than their event.</summary>
    public required long Misrouted { get; init; }

    public required long AlertsInTopic { get; init; }

    public required long AlertsInHdfs { get; init; }

    public required long CriticalAlerts { get; init; }

    public required long AlertsInPriority { get; init; }

    /// <summary>Records of alerts-priority that repeat another: the filter copies at least once.</summary>
    public required long PriorityRepeats { get; init; }

    public required long DuplicateAlertIds { get; init; }

    /// <summary>(topic, partition, offset) that HDFS holds more than once.</summary>
    public required long DuplicateRowsInHdfs { get; init; }

    /// <summary>Alerts that the detectors raised and the replay did not, or the other way round.</summary>
    public required long ReplayDifferences { get; init; }

    /// <summary>One sentence for each difference; empty when all audits hold.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    public bool Ok => Differences.Count == 0;
}
