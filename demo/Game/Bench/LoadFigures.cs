using System.Text.Json.Serialization;

namespace Game.Cli.Bench;

/// <summary>Latencies at one rate.</summary>
/// <param name="Rate">Records a second.</param>
/// <param name="P50Ms">From the time when a record was due to its arrival at a consumer, milliseconds; so the other two.</param>
/// <param name="BrokerCpuCores">CPU time of all brokers by time.</param>
internal sealed record LatencyAtRate(double Rate, double P50Ms, double P99Ms, double P999Ms, double BrokerCpuCores);

/// <summary>One round of loads, or the medians of several.</summary>
/// <param name="ProducedPerCpuSecond">Records by the CPU time of all brokers; so the next.</param>
/// <param name="Latencies">By rate, in the order in which they were measured.</param>
internal sealed record LoadFigures(
    double ProducedPerCpuSecond, double ConsumedPerCpuSecond, double ProducedPerSecond, IReadOnlyList<LatencyAtRate> Latencies)
{
    /// <summary>The figures in few words.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Summary =>
    [
        $"produced {ProducedPerCpuSecond:N0}, consumed {ConsumedPerCpuSecond:N0} per CPU s",
        $"p99 {string.Join(" and ", Latencies.Select(latency => $"{latency.P99Ms:F2} ms at {latency.Rate:N0}/s"))}",
    ];

    /// <param name="rounds">At least one, all of the same rates.</param>
    public static LoadFigures MediansOf(IReadOnlyList<LoadFigures> rounds)
    {
        return new LoadFigures(Of(r => r.ProducedPerCpuSecond), Of(r => r.ConsumedPerCpuSecond), Of(r => r.ProducedPerSecond),
            [.. rounds[0].Latencies.Select((latency, i) => new LatencyAtRate(latency.Rate, Of(r => r.Latencies[i].P50Ms), Of(r => r.Latencies[i].P99Ms),
                Of(r => r.Latencies[i].P999Ms), Of(r => r.Latencies[i].BrokerCpuCores)))]);
        double Of(Func<LoadFigures, double> figure) => Medians.Of(rounds.Select(figure));
    }
}
