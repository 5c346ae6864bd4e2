using System.Text.Json;
using System.Text.Json.Serialization;
using Game.Cli.Audit;
using Game.Cli.Cluster;
using Game.Cli.Processes;
using Game.Simulator.Load;

namespace Game.Cli.Report;

internal sealed record LatencyFigures(
    [property: JsonPropertyName("p50_ms")] double P50Ms, [property: JsonPropertyName("p99_ms")] double P99Ms,
        [property: JsonPropertyName("p999_ms")] double P999Ms, long Count)
{
    public static LatencyFigures Of(Percentiles p) => new(p.P50Ms, p.P99Ms, p.P999Ms, p.Count);
}

internal sealed record LatencySection(LatencyFigures ActionToAck, LatencyFigures EventToAlert, bool Valid, double LateStartShare, LatencyFigures StartLag);

internal sealed record RecoverySection(double Ms, long EventsDelayed);

internal sealed record RatesSection(double ActionsPerSecond, double EventsPerSecond, long RateLimitedActions, long Retries);

internal sealed record EndpointsSection(string Bootstrap, [property: JsonPropertyName("webhdfs")] string WebHdfs, IReadOnlyList<string> GameServers);

internal sealed record ClusterSection(int Brokers, double SessionTimeoutMs, IReadOnlyList<BrokerFault> Faults);

/// <summary>What <c>./game demo --report FILE</c> writes; docs/demo-report.md explains each field.</summary>
internal sealed record DemoReport(
    AuditSection Audit, LatencySection Latency, RecoverySection Recovery, RatesSection Rates, DetectionResult Detection, EndpointsSection Endpoints,
    string Folder, ClusterSection? Cluster = null)
{
    public string ToJson() => JsonSerializer.Serialize(this, DemoReportJson.Default.DemoReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DemoReport))]
internal sealed partial class DemoReportJson : JsonSerializerContext;
