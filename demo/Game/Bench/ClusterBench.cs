namespace Game.Cli.Bench;

/// <summary>A cluster to measure: its name, and what makes a new one in a folder.</summary>
internal sealed record Contender(string Name, Func<string, IClusterUnderTest> Create);

/// <summary>
/// Measures clusters in turn, never two at once: each turn starts a cluster with empty folders, warms it up, loads it, kills leaders and ends it. The order of
/// the clusters alternates from round to round. Many partitions come last, on clusters of their own.
/// </summary>
/// <param name="options">What is measured, and how long.</param>
/// <param name="contenders">The clusters, ours first.</param>
/// <param name="newFolder">Gives an empty folder in place of the one before.</param>
/// <param name="writeLine">Shows the progress.</param>
internal sealed class ClusterBench(ClusterBenchOptions options, IReadOnlyList<Contender> contenders, Func<string> newFolder, Action<string> writeLine)
{
    private sealed record Turn(LoadFigures Load, long PeakRssAnon, IReadOnlyList<LeaderKill> Kills);

    private readonly LoadRounds _loads = new(TimeSpan.FromSeconds(options.WarmUpSeconds), TimeSpan.FromSeconds(options.Seconds),
        [options.Rate, options.BusyRate], cluster => new BrokerLoad(cluster, cluster.Addresses.Count, latencyLinger: TimeSpan.Zero));

    public async Task<ClusterBenchReport> RunAsync(CancellationToken cancellation)
    {
        Dictionary<Contender, List<Turn>> turns = contenders.ToDictionary(contender => contender, _ => new List<Turn>());
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (Contender contender in InOrder(round))
            {
                turns[contender].Add(await OnWarmClusterAsync(contender, $"round {round}",
                    (cluster, usage) => MeasureAsync(cluster, usage, round, cancellation), cancellation));
            }
        }

        Dictionary<Contender, PartitionFigures> single = await PartitionsAsync(replicationFactor: 1, cancellation);
        Dictionary<Contender, PartitionFigures> replicated = await PartitionsAsync(options.ReplicationFactor, cancellation);
        return new ClusterBenchReport(options, [.. contenders.Select(contender => new ClusterFigures(contender.Name,
            LoadFigures.MediansOf([.. turns[contender].Select(turn => turn.Load)]), turns[contender].Max(turn => turn.PeakRssAnon),
            [.. turns[contender].SelectMany(turn => turn.Kills)], single.GetValueOrDefault(contender), replicated.GetValueOrDefault(contender)))]);
    }

    private IEnumerable<Contender> InOrder(int round) => round % 2 == 1 ? contenders : contenders.Reverse();

    private async Task<Turn> MeasureAsync(IClusterUnderTest cluster, ProcessUsage usage, int round, CancellationToken cancellation)
    {
        LoadFigures load = await _loads.MeasureAsync(cluster, usage, "bench", cancellation);
        long peak = usage.PeakRssAnon;
        foreach (string line in load.Summary.Append($"{peak / 1e6:N0} MB at most"))
        {
            writeLine($"round {round}, {cluster.Name}: {line}");
        }
        return new Turn(load, peak, await new LeaderKills(cluster, writeLine).RunAsync(options.KillsOf(round), cancellation));
    }

    private async Task<Dictionary<Contender, PartitionFigures>> PartitionsAsync(int replicationFactor, CancellationToken cancellation)
    {
        Dictionary<Contender, PartitionFigures> figures = [];
        foreach (Contender contender in options.Partitions > 0 ? contenders : [])
        {
            figures[contender] = await OnWarmClusterAsync(contender, "partitions",
                (cluster, _) => new PartitionsBench(cluster, options.Partitions, TimeSpan.FromSeconds(options.Seconds), _loads, writeLine)
                    .RunAsync(replicationFactor, cancellation), cancellation);
        }
        return figures;
    }

    private async Task<T> OnWarmClusterAsync<T>(Contender contender, string what, Func<IClusterUnderTest, ProcessUsage, Task<T>> measure,
        CancellationToken cancellation)
    {
        writeLine($"{what}, {contender.Name}: starting, then warming up for {options.WarmUpSeconds:F0} s");
        await using IClusterUnderTest cluster = contender.Create(newFolder());
        await cluster.StartAsync(cancellation);
        await using ProcessUsage usage = new(cluster.ProcessIds);
        await _loads.WarmUpAsync(cluster, usage, cancellation);
        return await measure(cluster, usage);
    }
}
