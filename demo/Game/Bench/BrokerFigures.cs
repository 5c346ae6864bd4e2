using System.Text.Json;
using System.Text.Json.Serialization;
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
internal sealed record BrokerFigures(string Name, LoadFigures Load, long PeakRssAnon, double? StartMs, double? IdlePartitionsCpuMicros);

internal sealed record BrokerBenchReport(BenchOptions Options, IReadOnlyList<BrokerFigures> Brokers)
{
    public string ToJson() => JsonSerializer.Serialize(this, BrokerBenchJson.Default.BrokerBenchReport);

    public void Write(IAnsiConsole console)
    {
        List<Figure> figures =
        [
            .. LoadLines.Of([.. Brokers.Select(broker => broker.Load)]),
            Line("peak RssAnon MB", "N0", broker => broker.PeakRssAnon / 1e6),
            Line("start, exec to first Metadata answer, ms", "N0", broker => broker.StartMs),
        ];
        if (Options.IdlePartitions > 0)
        {
            figures.Add(Line($"CPU µs a record, {Options.IdlePartitions:N0} partitions idle", "N0", broker => broker.IdlePartitionsCpuMicros));
        }
        FigureTable.Write(console, [.. Brokers.Select(broker => broker.Name)], figures);
        Figure Line(string name, string format, Func<BrokerFigures, double?> value) => new(name, format, [.. Brokers.Select(value)]);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BrokerBenchReport))]
internal sealed partial class BrokerBenchJson : JsonSerializerContext;
