using System.Text.Json;
using System.Text.Json.Serialization;
using Game.Simulator.Load;

namespace Game.Cli.Simulate;

/// <summary>What <c>./game simulate --report FILE</c> writes.</summary>
internal sealed record SimulationReport(
    long Sent, long Answered, long Rejected, long Unanswered, long RefusedLogins, long RateLimitedActions, long Retries, double ActionsPerSecond,
    Percentiles ActionToAck, Percentiles StartLag, double LateStartShare, bool ValidForLatency, string? LastError, bool Interrupted)
{
    /// <param name="load">The counts of the load.</param>
    /// <param name="seconds">How long it ran.</param>
    /// <param name="isInterrupted">Whether the user ended it early; the counts are of what ran until then.</param>
    public static SimulationReport Of(LoadStatistics load, double seconds, bool isInterrupted)
        => new(load.Sent, load.Answered, load.Rejected, load.Unanswered, load.RefusedLogins, load.RateLimited, load.Retries, load.ActionsStarted / seconds,
        load.Latency, load.StartLag, load.LateShare, load.ValidForLatency, load.LastError, isInterrupted);

    /// <summary>Why the load failed, in a sentence; null where it did not.</summary>
    [JsonIgnore]
    public string? Fault => this switch
    {
        { RefusedLogins: > 0 } =>
            $"{RefusedLogins:N0} logins with the players' own secrets were refused as wrong: give the file that the game servers were started with by --accounts-key-file.",
        { Unanswered: > 0 } => $"{Unanswered:N0} events have no final answer: the game servers did not answer, or answered that they cannot publish.",
        _ => null,
    };

    public string ToJson() => JsonSerializer.Serialize(this, SimulationReportJson.Default.SimulationReport);

    /// <summary>The report for a terminal, in lines of less than 80 columns.</summary>
    public IEnumerable<string> Lines()
    {
        if (Interrupted)
        {
            yield return "interrupted: the figures are of what ran until then";
        }

        yield return $"events     {Sent:N0} sent = {Answered:N0} answered + {Rejected:N0} refused + {Unanswered:N0} unanswered";
        yield return $"actions    {ActionsPerSecond:N0}/s; {RateLimitedActions:N0} answered 429, {Retries:N0} retries, {RefusedLogins:N0} right secrets refused";
        yield return $"due → ack  p50 {ActionToAck.P50Ms:F2} ms, p99 {ActionToAck.P99Ms:F2} ms, p99.9 {ActionToAck.P999Ms:F2} ms";
        yield return $"late start p50 {StartLag.P50Ms:F2} ms, p99 {StartLag.P99Ms:F2} ms; {LateStartShare:P2} more than {LoadStatistics.LateAfter.TotalMilliseconds:F0} ms late";
        if (LastError is { } error)
        {
            yield return $"the last error: {error}";
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SimulationReport))]
internal sealed partial class SimulationReportJson : JsonSerializerContext;
