using System.Diagnostics;

namespace Game.Cli.Bench;

/// <summary>What a cluster does with many partitions of one replication factor.</summary>
/// <param name="CreateSeconds">From the request that creates them until every broker names a leader for each.</param>
/// <param name="IdleCpuCores">CPU time of all brokers by time, while nobody uses the cluster.</param>
/// <param name="Latency">Of a topic beside them, with a replication factor of 3.</param>
/// <param name="PeakRssAnon">The largest sum over the brokers until then, bytes.</param>
/// <param name="FailOverSeconds">
/// From the kill of a broker that is not the controller until both others name a leader that is alive for each partition; null with one replica, which nobody
/// replaces.
/// </param>
/// <param name="ControllerFailOverSeconds">The same of the controller.</param>
/// <param name="StartedSeconds">
/// From exec of the broker that was not the controller, started again, until every broker names a leader for each partition, all replicas being in sync.
/// </param>
internal sealed record PartitionFigures(double CreateSeconds, double IdleCpuCores, LatencyAtRate Latency, long PeakRssAnon, double? FailOverSeconds,
    double? ControllerFailOverSeconds, double StartedSeconds);

/// <summary>Creates many partitions on a warm cluster, watches it idle and under the latency load, and kills brokers.</summary>
/// <param name="cluster">A warm cluster, which is used for nothing afterwards.</param>
/// <param name="partitions">How many, at least 1.</param>
/// <param name="idle">How long the cluster is watched idle.</param>
/// <param name="loads">Makes the latency load.</param>
/// <param name="writeLine">Shows the progress.</param>
internal sealed class PartitionsBench(IClusterUnderTest cluster, int partitions, TimeSpan idle, LoadRounds loads, Action<string> writeLine)
{
    /// <summary>Topics are of a size that occurs; the last one takes what is left.</summary>
    private const int PartitionsOfTopic = 1000;

    /// <summary>For work on all partitions, on a busy machine.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly Dictionary<string, int> _topics = Topics(partitions);

    /// <param name="replicationFactor">1, or as many as there are brokers.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    /// <exception cref="UserErrorException">The cluster does not recover from a kill.</exception>
    public async Task<PartitionFigures> RunAsync(int replicationFactor, CancellationToken cancellation)
    {
        await using ProcessUsage usage = new(cluster.ProcessIds);
        string what = $"RF {replicationFactor}";
        writeLine($"{cluster.Name}: creating {partitions:N0} partitions, {what}");
        long start = Stopwatch.GetTimestamp();
        await new BrokerLoad(cluster, replicationFactor).CreateTopicsAsync(_topics, cancellation);
        double create = Stopwatch.GetElapsedTime(start).TotalSeconds;
        writeLine($"{what}: created in {create:F1} s; idle for {idle.TotalSeconds:F0} s, then the latency load");
        Machine.FlushDisk();
        double cpu = usage.CpuSeconds();
        await Task.Delay(idle, cancellation);
        double cores = (usage.CpuSeconds() - cpu) / idle.TotalSeconds;
        LatencyAtRate latency = await loads.LatencyAsync(cluster, usage, "bench-beside", cancellation);
        writeLine($"{what}: {cores:F2} cores while idle; p99 {latency.P99Ms:F2} ms and {latency.BrokerCpuCores:F2} cores at {latency.Rate:N0}/s");
        PartitionFigures figures = new(create, cores, latency, usage.PeakRssAnon, null, null, 0);
        return replicationFactor == 1 ? await StartAgainAsync(figures, what, cancellation) : await FailOverAsync(figures, what, cancellation);
    }

    /// <summary>The partitions by topic.</summary>
    internal static Dictionary<string, int> Topics(int partitions)
        => Enumerable.Range(0, (partitions + PartitionsOfTopic - 1) / PartitionsOfTopic)
            .ToDictionary(i => $"bench-many-{i + 1}", i => Math.Min(PartitionsOfTopic, partitions - i * PartitionsOfTopic));

    private async Task<PartitionFigures> StartAgainAsync(PartitionFigures figures, string what, CancellationToken cancellation)
    {
        ClusterMetadata metadata = new(cluster, _topics);
        int id = Follower(await WholeAsync(metadata, cancellation));
        cluster.Kill(id);
        // Apache's broker ends when it finds its own former session's znode.
        await metadata.UntilAsync($"broker {id} is away", answer => !answer.Brokers.Contains(id), Patience, cancellation, except: id);
        double started = await StartAsync(metadata, id, cancellation);
        writeLine($"{what}: broker {id} killed; all led {started:F1} s after its start");
        return figures with { StartedSeconds = started };
    }

    private async Task<PartitionFigures> FailOverAsync(PartitionFigures figures, string what, CancellationToken cancellation)
    {
        ClusterMetadata metadata = new(cluster, _topics);
        int id = Follower(await WholeAsync(metadata, cancellation));
        double failOver = await KillAsync(metadata, id, cancellation);
        writeLine($"{what}: broker {id} killed; all led after {failOver:F1} s");
        double started = await StartAsync(metadata, id, cancellation);
        writeLine($"{what}: all in sync {started:F1} s after its start");
        int controller = (await WholeAsync(metadata, cancellation)).Controller;
        double controllerFailOver = await KillAsync(metadata, controller, cancellation);
        writeLine($"{what}: broker {controller}, the controller, killed; all led after {controllerFailOver:F1} s");
        return figures with { FailOverSeconds = failOver, ControllerFailOverSeconds = controllerFailOver, StartedSeconds = started };
    }

    private async Task<double> KillAsync(ClusterMetadata metadata, int id, CancellationToken cancellation)
    {
        long killed = Stopwatch.GetTimestamp();
        cluster.Kill(id);
        await metadata.UntilAsync($"every partition has a leader other than broker {id}", answer => !answer.Brokers.Contains(id) && metadata.IsLed(answer),
            Patience, cancellation, except: id);
        return Stopwatch.GetElapsedTime(killed).TotalSeconds;
    }

    private async Task<double> StartAsync(ClusterMetadata metadata, int id, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp();
        await cluster.StartAgainAsync(id, cancellation);
        await WholeAsync(metadata, cancellation);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static Task<MetadataAnswer> WholeAsync(ClusterMetadata metadata, CancellationToken cancellation)
        => metadata.UntilAsync("all replicas are in sync", metadata.IsWhole, Patience, cancellation);

    /// <summary>A broker that is not the controller.</summary>
    private static int Follower(MetadataAnswer answer) => answer.Brokers.First(broker => broker != answer.Controller);
}
