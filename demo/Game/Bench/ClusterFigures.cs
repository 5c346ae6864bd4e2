using System.Text.Json;
using System.Text.Json.Serialization;
using Game.Cli.Processes;
using Spectre.Console;

namespace Game.Cli.Bench;

/// <summary>What is measured of clusters.</summary>
/// <param name="WarmUpSeconds">Of each turn.</param>
/// <param name="Seconds">Length of each load.</param>
/// <param name="Rounds">Turns of each cluster.</param>
/// <param name="Rate">Records a second of the latency load whose 99th percentile has an aim.</param>
/// <param name="BusyRate">The same of the second latency load, which has no aim.</param>
/// <param name="Kills">Killed leaders of each cluster over all rounds; may be 0.</param>
/// <param name="SessionTimeoutSeconds">How long ZooKeeper hears nothing of a broker before the others elect new leaders.</param>
/// <param name="Partitions">How many are created and failed over; 0 leaves that out.</param>
internal sealed record ClusterBenchOptions(double WarmUpSeconds, double Seconds, int Rounds, double Rate, double BusyRate, int Kills,
    double SessionTimeoutSeconds, int Partitions)
{
    public int ReplicationFactor => Brokers.ClusterSize;

    /// <summary>The kills of a round, counted from 1: where they do not divide evenly, the first rounds have one more.</summary>
    public int KillsOf(int round) => Kills / Rounds + (round <= Kills % Rounds ? 1 : 0);
}

/// <summary>Of one cluster: medians over the rounds, the largest memory in any, all kills, and many partitions where they were measured.</summary>
internal sealed record ClusterFigures(string Name, LoadFigures Load, long PeakRssAnon, IReadOnlyList<LeaderKill> Kills,
    PartitionFigures? PartitionsOfOneReplica, PartitionFigures? ReplicatedPartitions);

internal sealed record ClusterBenchReport(ClusterBenchOptions Options, IReadOnlyList<ClusterFigures> Clusters)
{
    public string ToJson() => JsonSerializer.Serialize(this, ClusterBenchJson.Default.ClusterBenchReport);

    public void Write(IAnsiConsole console) => FigureTable.Write(console, [.. Clusters.Select(cluster => cluster.Name)], [.. Figures]);

    /// <summary>The lines of the table, with the aims.</summary>
    internal IEnumerable<Figure> Figures
        => LoadLines.Of([.. Clusters.Select(cluster => cluster.Load)], produced: Aim.AtLeast(3), p99: Aim.AtMost(0.5))
            .Append(Line("peak RssAnon MB, all brokers", "N0", cluster => cluster.PeakRssAnon / 1e6, Aim.AtMost(0.2)))
            .Concat(KillLines())
            .Concat(PartitionLines("RF 1", cluster => cluster.PartitionsOfOneReplica))
            .Concat(PartitionLines($"RF {Options.ReplicationFactor}", cluster => cluster.ReplicatedPartitions))
            .Where(figure => figure.Values.Any(value => value is not null));

    private IEnumerable<Figure> KillLines() => Options.Kills == 0 ? [] :
    [
        Line("leader killed to first write s, median", "F2", cluster => Medians.Of(cluster.Kills.Select(kill => kill.FirstWriteMs)) / 1000, Aim.AtMost(1)),
        Line("leader killed to first write s, maximum", "F2", cluster => cluster.Kills.Max(kill => kill.FirstWriteMs) / 1000, Aim.AtMost(1)),
        Line("median where it was the controller", "F2", cluster => MedianSeconds(cluster.Kills, ofController: true)),
        Line("median where it was not", "F2", cluster => MedianSeconds(cluster.Kills, ofController: false)),
        Line("killed broker: start ms, median", "N0", cluster => Medians.Of(cluster.Kills.Select(kill => kill.StartMs))),
        Line("start to all in sync s, median", "F2", cluster => Medians.Of(cluster.Kills.Select(kill => kill.InSyncMs)) / 1000),
    ];

    private IEnumerable<Figure> PartitionLines(string factor, Func<ClusterFigures, PartitionFigures?> of) => Options.Partitions == 0 ? [] :
    [
        Line($"{Options.Partitions:N0} partitions, {factor}: created s", "F1", cluster => of(cluster)?.CreateSeconds),
        Line($"{factor}, idle: broker CPU cores", "F2", cluster => of(cluster)?.IdleCpuCores),
        Line($"{factor}: p99 ms at {Options.Rate:N0}/s beside them", "F2", cluster => of(cluster)?.Latency.P99Ms),
        Line($"{factor}: broker CPU cores meanwhile", "F2", cluster => of(cluster)?.Latency.BrokerCpuCores),
        Line($"{factor}: peak RssAnon MB, all brokers", "N0", cluster => of(cluster)?.PeakRssAnon / 1e6),
        Line($"{factor}: broker killed to all led s", "F1", cluster => of(cluster)?.FailOverSeconds),
        Line($"{factor}: controller killed to all led s", "F1", cluster => of(cluster)?.ControllerFailOverSeconds),
        Line($"{factor}: start to all in sync s", "F1", cluster => of(cluster)?.StartedSeconds),
    ];

    private static double? MedianSeconds(IReadOnlyList<LeaderKill> kills, bool ofController)
    {
        double[] times = [.. kills.Where(kill => kill.WasController == ofController).Select(kill => kill.FirstWriteMs)];
        return times.Length == 0 ? null : Medians.Of(times) / 1000;
    }

    private Figure Line(string name, string format, Func<ClusterFigures, double?> value, Aim? aim = null)
        => new(name, format, [.. Clusters.Select(value)], aim);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ClusterBenchReport))]
internal sealed partial class ClusterBenchJson : JsonSerializerContext;
