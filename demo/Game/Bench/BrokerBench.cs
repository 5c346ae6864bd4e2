namespace Game.Cli.Bench;

/// <summary>
/// Measures brokers under the same loads: it warms up each, alternates between them round by round, then restarts each. Last come the fetch sessions,
/// because their many partitions would add to the memory and to the time of a start.
/// </summary>
internal sealed class BrokerBench(BenchOptions options, IReadOnlyList<IUnderTest> brokers, Action<string> writeLine)
{
    /// <summary>The length of a measurement of fetch sessions, as a share of the others' length: 9 s per broker in three rounds of a usual run.</summary>
    private const double SessionShare = 0.3;

    /// <summary>The same for the warm-up, which the restarted brokers need: 5 s of a usual run.</summary>
    private const double SessionWarmUpShare = 1 / 6.0;

    private readonly LoadRounds _loads = new(TimeSpan.FromSeconds(options.WarmUpSeconds), TimeSpan.FromSeconds(options.Seconds), [options.Rate],
        broker => new BrokerLoad(broker));

    public async Task<BrokerBenchReport> RunAsync(CancellationToken cancellation)
    {
        Dictionary<IUnderTest, List<LoadFigures>> rounds = brokers.ToDictionary(broker => broker, _ => new List<LoadFigures>());
        Dictionary<IUnderTest, ProcessUsage> usages = brokers.ToDictionary(broker => broker, broker => new ProcessUsage(broker.ProcessIds));
        foreach (IUnderTest broker in brokers)
        {
            writeLine($"warming up {broker.Name} for {options.WarmUpSeconds:F0} s");
            await _loads.WarmUpAsync(broker, usages[broker], cancellation);
        }

        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (IUnderTest broker in round % 2 == 1 ? brokers : brokers.Reverse())
            {
                LoadFigures figures = await _loads.MeasureAsync(broker, usages[broker], $"bench-{round}", cancellation);
                rounds[broker].Add(figures);
                foreach (string line in figures.Summary)
                {
                    writeLine($"round {round}, {broker.Name}: {line}");
                }
            }
        }

        List<BrokerFigures> report = [];
        foreach (IUnderTest broker in brokers)
        {
            await usages[broker].DisposeAsync();
            report.Add(new BrokerFigures(broker.Name, LoadFigures.MediansOf(rounds[broker]), usages[broker].PeakRssAnon,
                await StartAsync(broker, cancellation), IdlePartitionsCpuMicros: null));
        }
        return new BrokerBenchReport(options, options.IdlePartitions == 0 ? report : await WithIdlePartitionsAsync(report, cancellation));
    }

    private async Task<double?> StartAsync(IUnderTest broker, CancellationToken cancellation)
    {
        List<double> starts = [];
        for (int i = 0; i < options.Rounds; i++)
        {
            if (await broker.RestartAsync(cancellation) is not { } start)
            {
                return null;
            }
            starts.Add(start.TotalMilliseconds);
        }

        writeLine($"{broker.Name} starts in {Medians.Of(starts):N0} ms");
        return Medians.Of(starts);
    }

    private async Task<IReadOnlyList<BrokerFigures>> WithIdlePartitionsAsync(List<BrokerFigures> report, CancellationToken cancellation)
    {
        List<double>[] micros = [.. brokers.Select(_ => new List<double>())];
        List<IdlePartitionsLoad> loads = [];
        try
        {
            foreach (IUnderTest broker in brokers)
            {
                writeLine($"opening a fetch session over {options.IdlePartitions:N0} partitions of {broker.Name}");
                loads.Add(await IdlePartitionsLoad.OpenAsync(broker, options.IdlePartitions, cancellation));
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

        return [.. report.Select((figures, i) => figures with { IdlePartitionsCpuMicros = Medians.Of(micros[i]) })];
    }

    private async Task<double> CpuMicrosOfARecordAsync(IUnderTest broker, IdlePartitionsLoad load, CancellationToken cancellation)
    {
        await using ProcessUsage usage = new(broker.ProcessIds);
        Machine.FlushDisk();
        double start = usage.CpuSeconds();
        long records = await load.RunAsync(TimeSpan.FromSeconds(options.Seconds * SessionShare), cancellation);
        return (usage.CpuSeconds() - start) * 1e6 / records;
    }
}
