using System.Text.Json;
using System.Text.Json.Serialization;
using Game.Cli.Audit;
using Game.Cli.Processes;
using Game.Simulator.Load;

namespace Game.Cli.Report;

/// <summary>Whether anything was lost, doubled or judged otherwise; events counted by distinct ids of records really read.</summary>
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

    public required long DuplicateAlertIds { get; init; }

    /// <summary>(topic, partition, offset) that HDFS holds more than once.</summary>
    public required long DuplicateRowsInHdfs { get; init; }

    /// <summary>Alerts that only one of detectors and replay raised.</summary>
    public required long ReplayDifferences { get; init; }

    /// <summary>What differs, a sentence each; empty when all audits hold.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    public bool Ok => Differences.Count == 0;
}

internal sealed record LatencyFigures(
    [property: JsonPropertyName("p50_ms")] double P50Ms, [property: JsonPropertyName("p99_ms")] double P99Ms, [property: JsonPropertyName("p999_ms")] double P999Ms, long Count)
{
    public static LatencyFigures Of(Percentiles p) => new(p.P50Ms, p.P99Ms, p.P999Ms, p.Count);
}

internal sealed record LatencySection(LatencyFigures ActionToAck, LatencyFigures EventToAlert, bool Valid, double LateStartShare, LatencyFigures StartLag);

internal sealed record RecoverySection(double Ms, long EventsDelayed);

internal sealed record RatesSection(double ActionsPerSecond, double EventsPerSecond, long RateLimitedActions, long Retries);

internal sealed record EndpointsSection(string Bootstrap, [property: JsonPropertyName("webhdfs")] string WebHdfs, IReadOnlyList<string> GameServers);

/// <summary>What <c>./game demo --report FILE</c> writes; docs/demo-report.md explains each field.</summary>
internal sealed record DemoReport(
    AuditSection Audit, LatencySection Latency, RecoverySection Recovery, RatesSection Rates, DetectionResult Detection, EndpointsSection Endpoints, string Folder)
{
    public string ToJson() => JsonSerializer.Serialize(this, DemoReportJson.Default.DemoReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DemoReport))]
internal sealed partial class DemoReportJson : JsonSerializerContext;
