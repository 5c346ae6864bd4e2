using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.Contracts;

/// <summary>How urgent an alert is; <c>critical</c> ones are copied to <c>alerts-priority</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlertSeverity>))]
public enum AlertSeverity
{
    [JsonStringEnumMemberName("info")]
    Info,
    [JsonStringEnumMemberName("warning")]
    Warning,
    [JsonStringEnumMemberName("critical")]
    Critical,
}

/// <summary>Something wrong with one player, raised by one event.</summary>
public sealed record Alert
{
    /// <summary><c>RULE/VERSION/PARTITION/OFFSET</c>: the same event judged by the same rule has the same id wherever it is replayed.</summary>
    public required string AlertId { get; init; }

    public required string Rule { get; init; }

    /// <summary>A hash of the rule's parameters.</summary>
    public required string RuleVersion { get; init; }

    public required AlertSeverity Severity { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Score { get; init; }

    public required string UserId { get; init; }

    public required Guid EventId { get; init; }

    /// <summary>The event's <c>ts</c>, epoch milliseconds.</summary>
    public required long Ts { get; init; }

    /// <summary>When the detector sent the alert, by its clock, in epoch milliseconds.</summary>
    public required long DetectedAt { get; init; }

    public required string SourceTopic { get; init; }

    public required int SourcePartition { get; init; }

    public required long SourceOffset { get; init; }

    /// <summary>One sentence for an analyst: what happened and what to do.</summary>
    public required string Reason { get; init; }

    public required IReadOnlyDictionary<string, double> Features { get; init; }

    /// <summary>Events in the player's window when the alert was raised.</summary>
    public required int WindowEvents { get; init; }

    /// <summary><c>ts</c> of the window's oldest event, epoch milliseconds.</summary>
    public required long WindowFrom { get; init; }

    /// <summary><c>ts</c> of the window's newest event, epoch milliseconds.</summary>
    public required long WindowTo { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Extra { get; set; }

    public static string MakeId(string rule, string version, int partition, long offset) => $"{rule}/{version}/{partition}/{offset}";
}
