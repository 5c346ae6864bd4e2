using HdrHistogram;

namespace Game.Cli.Bench;

/// <summary>Warms up what is measured, and measures it under the same loads each time.</summary>
/// <param name="warmUp">Length of the warm-up, of which a third is at the first rate and a third at full speed; reading takes the rest.</param>
/// <param name="length">Length of each load.</param>
/// <param name="rates">Records a second of the loads whose latency is measured.</param>
/// <param name="load">Makes the load for a list of brokers.</param>
internal sealed class LoadRounds(TimeSpan warmUp, TimeSpan length, IReadOnlyList<double> rates, Func<IUnderTest, BrokerLoad> load)
{
    public Task WarmUpAsync(IUnderTest brokers, ProcessUsage usage, CancellationToken cancellation)
        => WhileAllRunAsync(brokers, usage, async stop =>
        {
            BrokerLoad loads = load(brokers);
            string topic = await loads.CreateTopicAsync("bench-warm-up", stop);
            await loads.LatencyAsync(topic, rates[0], warmUp / 3, stop);
            loads.Produce(topic, warmUp / 3, stop);
            loads.Consume(topic, stop);
            await loads.DeleteTopicAsync(topic);
            return 0;
        }, cancellation);

    /// <summary>Produces, consumes, and measures the latency at each rate.</summary>
    /// <param name="topic">What the names of the round's topics begin with.</param>
    public Task<LoadFigures> MeasureAsync(IUnderTest brokers, ProcessUsage usage, string topic, CancellationToken cancellation)
        => WhileAllRunAsync(brokers, usage, async stop =>
        {
            BrokerLoad loads = load(brokers);
            await loads.CreateTopicAsync(topic, stop);
            Machine.FlushDisk();
            Machine.TouchFreeMemory();
            double start = usage.CpuSeconds();
            long produced = loads.Produce(topic, length, stop);
            double afterProduce = usage.CpuSeconds();
            long consumed = loads.Consume(topic, stop);
            double afterConsume = usage.CpuSeconds();
            await loads.DeleteTopicAsync(topic);
            List<LatencyAtRate> latencies = [];
            foreach (double rate in rates)
            {
                latencies.Add(await LatencyAsync(loads, usage, $"{topic}-latency-{latencies.Count + 1}", rate, stop));
            }
            return new LoadFigures(produced / (afterProduce - start), consumed / (afterConsume - afterProduce), produced / length.TotalSeconds, latencies);
        }, cancellation);

    /// <summary>The latency at the first rate alone.</summary>
    public Task<LatencyAtRate> LatencyAsync(IUnderTest brokers, ProcessUsage usage, string topic, CancellationToken cancellation)
        => WhileAllRunAsync(brokers, usage, stop => LatencyAsync(load(brokers), usage, topic, rates[0], stop), cancellation);

    private async Task<LatencyAtRate> LatencyAsync(BrokerLoad loads, ProcessUsage usage, string topic, double rate, CancellationToken cancellation)
    {
        await loads.CreateTopicAsync(topic, cancellation);
        Machine.FlushDisk();
        double start = usage.CpuSeconds();
        (LongHistogram latency, TimeSpan taken) = await loads.LatencyAsync(topic, rate, length, cancellation);
        double cores = (usage.CpuSeconds() - start) / taken.TotalSeconds;
        await loads.DeleteTopicAsync(topic);
        return new LatencyAtRate(rate, Ms(latency, 50), Ms(latency, 99), Ms(latency, 99.9), cores);
    }

    /// <summary>Runs a load, which ends when a broker does: its clients would wait for that broker.</summary>
    private static async Task<T> WhileAllRunAsync<T>(IUnderTest brokers, ProcessUsage usage, Func<CancellationToken, Task<T>> run,
        CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, usage.Ended);
        try
        {
            return await Task.Run(() => run(stop.Token), stop.Token);
        }
        catch (OperationCanceledException e) when (usage.Ended.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new UserErrorException($"A broker of {brokers.Name} ended while it was measured.", e);
        }
    }

    private static double Ms(LongHistogram histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1000.0;
}
