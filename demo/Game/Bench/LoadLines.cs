namespace Game.Cli.Bench;

/// <summary>The lines of a table that every bench of brokers has.</summary>
internal static class LoadLines
{
    /// <param name="measured">One for each that was measured, ours first; all with the same rates.</param>
    /// <param name="produced">The aim of records produced by CPU time.</param>
    /// <param name="p99">The aim of the 99th percentile at the first rate.</param>
    public static IEnumerable<Figure> Of(IReadOnlyList<LoadFigures> measured, Aim? produced = null, Aim? p99 = null)
    {
        yield return Line("records produced per broker CPU second", "N0", load => load.ProducedPerCpuSecond, produced);
        yield return Line("records consumed per broker CPU second", "N0", load => load.ConsumedPerCpuSecond);
        yield return Line("records produced per second", "N0", load => load.ProducedPerSecond);
        for (int i = 0; i < measured[0].Latencies.Count; i++)
        {
            int at = i;
            yield return Line($"latency p50 ms at {measured[0].Latencies[at].Rate:N0}/s", "F2", load => load.Latencies[at].P50Ms);
            yield return Line("latency p99 ms", "F2", load => load.Latencies[at].P99Ms, at == 0 ? p99 : null);
            yield return Line("latency p99.9 ms", "F2", load => load.Latencies[at].P999Ms);
            yield return Line("broker CPU cores meanwhile", "F3", load => load.Latencies[at].BrokerCpuCores);
        }
        Figure Line(string name, string format, Func<LoadFigures, double?> value, Aim? aim = null) => new(name, format, [.. measured.Select(value)], aim);
    }
}
