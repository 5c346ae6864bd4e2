using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using HdrHistogram;
using Spectre.Console;

namespace Game.Cli.Bench;

/// <summary>
/// The length of the measurements, the number of rounds, the rate of the latency load in records a second, and the partitions of the topic that is fetched in a
/// session (0 leaves that measurement out).
/// </summary>
internal sealed record BenchOptions(double WarmUpSeconds, double Seconds, int Rounds, double Rate, int IdlePartitions);

/// <summary>
/// Medians over the rounds. Latencies are from the time a record is due to its arrival at a consumer, in milliseconds; memory is in bytes; the start is from
/// exec to the first answer to a Metadata request; the cost of a record in a fetch session of many partitions is the broker's CPU time in microseconds.
/// </summary>
internal sealed record BrokerFigures(
    string Name, double ProducedPerCpuSecond, double ConsumedPerCpuSecond, double ProducedPerSecond, double P50Ms, double P99Ms, double P999Ms,
    double LatencyCpuShare, long PeakRssAnon, double? StartMs, double? IdlePartitionsCpuMicros);

internal sealed record BrokerBenchReport(BenchOptions Options, IReadOnlyList<BrokerFigures> Brokers);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BrokerBenchReport))]
internal sealed partial class BrokerBenchJson : JsonSerializerContext;

/// <summary>
/// Measures brokers under the same loads: it warms up each, alternates between them round by round, then restarts each. Last come the fetch sessions,
/// because their many partitions would add to the memory and to the time of a start.
/// </summary>
internal sealed class BrokerBench(BenchOptions options, IReadOnlyList<IBrokerUnderTest> brokers, Action<string> writeLine)
{
    /// <summary>The length of a measurement of fetch sessions, as a share of the others' length: 9 s per broker in three rounds of a usual run.</summary>
    private const double SessionShare = 0.3;

    /// <summary>The same for the warm-up, which the restarted brokers need: 5 s of a usual run.</summary>
    private const double SessionWarmUpShare = 1 / 6.0;

    private sealed record Round(double ProducedPerCpu, double ConsumedPerCpu, double ProducedPerSecond, double P50, double P99, double P999, double LatencyCpu);

    public async Task<BrokerBenchReport> RunAsync(CancellationToken cancellation)
    {
        Dictionary<IBrokerUnderTest, List<Round>> rounds = brokers.ToDictionary(broker => broker, _ => new List<Round>());
        Dictionary<IBrokerUnderTest, ProcessUsage> usages = brokers.ToDictionary(broker => broker, broker => new ProcessUsage(broker.ProcessId));
        foreach (IBrokerUnderTest broker in brokers)
        {
            writeLine($"warming up {broker.Name} for {options.WarmUpSeconds:F0} s");
            await WarmUpAsync(broker, cancellation);
        }

        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (IBrokerUnderTest broker in round % 2 == 1 ? brokers : brokers.Reverse())
            {
                Round figures = await MeasureAsync(broker, usages[broker], $"bench-{round}", cancellation);
                rounds[broker].Add(figures);
                writeLine($"round {round}, {broker.Name}: produced {figures.ProducedPerCpu:N0}, consumed {figures.ConsumedPerCpu:N0} per CPU s, p99 {figures.P99:F2} ms");
            }
        }

        List<BrokerFigures> report = new();
        foreach (IBrokerUnderTest broker in brokers)
        {
            report.Add(Medians(broker, rounds[broker], usages[broker].PeakRssAnon, await StartAsync(broker, usages[broker], cancellation)));
        }
        return new BrokerBenchReport(options, options.IdlePartitions == 0 ? report : await WithIdlePartitionsAsync(report, cancellation));
    }

    public static string ToJson(BrokerBenchReport report) => JsonSerializer.Serialize(report, BrokerBenchJson.Default.BrokerBenchReport);

    public static void Write(IAnsiConsole console, BrokerBenchReport report)
    {
        Table table = new Table().AddColumn("");
        foreach (BrokerFigures broker in report.Brokers)
        {
            table.AddColumn(new TableColumn(Markup.Escape(broker.Name)).RightAligned());
        }
        if (report.Brokers.Count == 2)
        {
            table.AddColumn(new TableColumn("ratio").RightAligned());
        }
        Row("records produced per broker CPU second", b => b.ProducedPerCpuSecond, "N0");
        Row("records consumed per broker CPU second", b => b.ConsumedPerCpuSecond, "N0");
        Row("records produced per second", b => b.ProducedPerSecond, "N0");
        Row($"latency p50 ms at {report.Options.Rate:N0}/s", b => b.P50Ms, "F2");
        Row("latency p99 ms", b => b.P99Ms, "F2");
        Row("latency p99.9 ms", b => b.P999Ms, "F2");
        Row("broker CPU share meanwhile", b => b.LatencyCpuShare, "F3");
        Row("peak RssAnon MB", b => b.PeakRssAnon / 1e6, "N0");
        Row("start, exec to first Metadata answer, ms", b => b.StartMs ?? double.NaN, "N0");
        if (report.Options.IdlePartitions > 0)
        {
            Row($"CPU µs a record, {report.Options.IdlePartitions:N0} partitions idle", b => b.IdlePartitionsCpuMicros ?? double.NaN, "N0");
        }
        console.Write(table);

        void Row(string name, Func<BrokerFigures, double> figure, string format)
        {
            double[] values = [.. report.Brokers.Select(figure)];
            string[] cells = [name, .. values.Select(value => double.IsNaN(value) ? "-" : value.ToString(format))];
            table.AddRow(values.Length == 2 ? [.. cells, (values[0] / values[1]).ToString("F2")] : cells);
        }
    }

    private async Task WarmUpAsync(IBrokerUnderTest broker, CancellationToken cancellation)
    {
        BrokerLoad load = new(broker.BootstrapServers);
        string topic = await load.CreateTopicAsync("bench-warm-up");
        await Task.Run(async () =>
        {
            await load.LatencyAsync(topic, options.Rate, TimeSpan.FromSeconds(options.WarmUpSeconds / 3), cancellation);
            load.Produce(topic, TimeSpan.FromSeconds(options.WarmUpSeconds / 3), cancellation);
            load.Consume(topic, cancellation);
        }, cancellation);
        await load.DeleteTopicAsync(topic);
    }

    private async Task<Round> MeasureAsync(IBrokerUnderTest broker, ProcessUsage usage, string topic, CancellationToken cancellation)
    {
        BrokerLoad load = new(broker.BootstrapServers);
        await load.CreateTopicAsync(topic);
        await load.CreateTopicAsync(topic + "-latency");
        Round round = await Task.Run(async () =>
        {
            FlushDisk();
            double start = usage.CpuSeconds();
            long produced = load.Produce(topic, TimeSpan.FromSeconds(options.Seconds), cancellation);
            double afterProduce = usage.CpuSeconds();
            long consumed = load.Consume(topic, cancellation);
            double afterConsume = usage.CpuSeconds();
            FlushDisk();
            LongHistogram latency = await load.LatencyAsync(topic + "-latency", options.Rate, TimeSpan.FromSeconds(options.Seconds), cancellation);
            double afterLatency = usage.CpuSeconds();
            return new Round(produced / (afterProduce - start), consumed / (afterConsume - afterProduce), produced / options.Seconds,
                Ms(latency, 50), Ms(latency, 99), Ms(latency, 99.9), (afterLatency - afterConsume) / options.Seconds);
        }, cancellation);
        await load.DeleteTopicAsync(topic);
        await load.DeleteTopicAsync(topic + "-latency");
        return round;
    }

    /// <summary>Flushes what was written before to the disk, so that no measurement waits for the bytes of another one.</summary>
    private static void FlushDisk()
    {
        using Process sync = Process.Start("sync");
        sync.WaitForExit();
    }

    private async Task<double?> StartAsync(IBrokerUnderTest broker, ProcessUsage usage, CancellationToken cancellation)
    {
        await usage.DisposeAsync();
        List<double> starts = new();
        for (int i = 0; i < options.Rounds; i++)
        {
            if (await broker.RestartAsync(cancellation) is not { } start)
            {
                return null;
            }
            starts.Add(start.TotalMilliseconds);
        }

        writeLine($"{broker.Name} starts in {Median(starts):N0} ms");
        return Median(starts);
    }

    private async Task<IReadOnlyList<BrokerFigures>> WithIdlePartitionsAsync(List<BrokerFigures> report, CancellationToken cancellation)
    {
        List<double>[] micros = [.. brokers.Select(_ => new List<double>())];
        List<IdlePartitionsLoad> loads = new();
        try
        {
            foreach (IBrokerUnderTest broker in brokers)
            {
                writeLine($"opening a fetch session over {options.IdlePartitions:N0} partitions of {broker.Name}");
                loads.Add(await IdlePartitionsLoad.OpenAsync(broker.BootstrapServers, options.IdlePartitions, cancellation));
                await loads[^1].RunAsync(TimeSpan.FromSeconds(options.WarmUpSeconds * SessionWarmUpShare), cancellation);
            }

            for (int round = 1; round <= options.Rounds; round++)
            {
                foreach (int i in round % 2 == 1 ? Enumerable.Range(0, brokers.Count) : Enumerable.Range(0, brokers.Count).Reverse())
                {
                    micros[i].Add(await CpuMicrosOfARecordAsync(brokers[i], loads[i], cancellation));
                    writeLine($"round {round}, {brokers[i].Name}: {micros[i][^1]:N0} µs of CPU a record, {options.IdlePartitions:N0} partitions idle");
                }
            }

            foreach (IdlePartitionsLoad load in loads)
            {
                await load.DeleteTopicAsync();
            }
        }
        finally
        {
            loads.ForEach(load => load.Dispose());
        }

        return [.. report.Select((figures, i) => figures with { IdlePartitionsCpuMicros = Median(micros[i]) })];
    }

    private async Task<double> CpuMicrosOfARecordAsync(IBrokerUnderTest broker, IdlePartitionsLoad load, CancellationToken cancellation)
    {
        await using ProcessUsage usage = new(broker.ProcessId);
        FlushDisk();
        double start = usage.CpuSeconds();
        long records = await load.RunAsync(TimeSpan.FromSeconds(options.Seconds * SessionShare), cancellation);
        return (usage.CpuSeconds() - start) * 1e6 / records;
    }

    private static BrokerFigures Medians(IBrokerUnderTest broker, List<Round> rounds, long peak, double? start)
    {
        return new BrokerFigures(broker.Name, Of(r => r.ProducedPerCpu), Of(r => r.ConsumedPerCpu), Of(r => r.ProducedPerSecond), Of(r => r.P50),
            Of(r => r.P99), Of(r => r.P999), Of(r => r.LatencyCpu), peak, start, IdlePartitionsCpuMicros: null);
        double Of(Func<Round, double> figure) => Median(rounds.Select(figure));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Ms(LongHistogram histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1000.0;
}
