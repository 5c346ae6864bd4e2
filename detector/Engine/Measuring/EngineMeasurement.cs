using System.Diagnostics;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Measuring;

/// <summary>How a measurement is done.</summary>
public sealed record MeasurementPlan
{
    public int Players { get; init; } = 10_000;

    public int Rounds { get; init; } = 5;

    public double RoundSeconds { get; init; } = 3;

    public double WarmUpSeconds { get; init; } = 5;

    public int Seed { get; init; } = 1;
}

/// <summary>What was measured. Rates are medians over the rounds.</summary>
/// <param name="EventsPerSecond">By wall clock, one thread.</param>
/// <param name="EventsPerCpuSecond">By the processor time the process used, so that neighbours on the machine do not count.</param>
/// <param name="Rounds">Events per CPU second of each round.</param>
/// <param name="AllocatedBytesPerEvent">Bytes of managed memory allocated per event of a known player.</param>
/// <param name="BytesPerPlayer">Managed memory kept per player.</param>
/// <param name="Players">Players of the load.</param>
/// <param name="BytesPerEvent">Mean length of key and value.</param>
public sealed record EngineFigures(
    double EventsPerSecond, double EventsPerCpuSecond, IReadOnlyList<double> Rounds, double AllocatedBytesPerEvent, double BytesPerPlayer, int Players,
    int BytesPerEvent);

/// <summary>Measures the engine in process on one thread: from a value's bytes to the decision.</summary>
public static class EngineMeasurement
{
    private const int EventsBetweenClocks = 4_096;

    public static EngineFigures Run(MeasurementPlan plan, TimeProvider time)
    {
        HonestLoad load = new(plan.Players, plan.Seed);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        PartitionEngine engine = new(0, new RuleSet());
        Feed feed = new(load, engine);
        feed.Pass(load.Count);
        double bytesPerPlayer = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)plan.Players;

        For(plan.WarmUpSeconds, feed, time);
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        feed.Pass(load.Count);
        double perEvent = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)load.Count;

        List<double> wall = new();
        List<double> processor = new();
        for (int round = 0; round < plan.Rounds; round++)
        {
            (double perSecond, double perCpuSecond) = For(plan.RoundSeconds, feed, time);
            wall.Add(perSecond);
            processor.Add(perCpuSecond);
        }

        return new(Median(wall), Median(processor), processor, perEvent, bytesPerPlayer, plan.Players, load.BytesPerEvent);
    }

    private static (double PerSecond, double PerCpuSecond) For(double seconds, Feed feed, TimeProvider time)
    {
        using Process process = Process.GetCurrentProcess();
        TimeSpan cpu = process.TotalProcessorTime;
        long start = time.GetTimestamp();
        long events = 0;
        do
        {
            feed.Pass(EventsBetweenClocks);
            events += EventsBetweenClocks;
        }
        while (time.GetElapsedTime(start).TotalSeconds < seconds);

        double elapsed = time.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        return (events / elapsed, events / Math.Max(1e-9, (process.TotalProcessorTime - cpu).TotalSeconds));
    }

    private static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed class Feed(HonestLoad load, PartitionEngine engine)
    {
        private int _at;
        private long _offset;

        public void Pass(int events)
        {
            for (int i = 0; i < events; i++)
            {
                engine.Process(load.Key(_at), load.Value(_at), _offset++, load.Timestamp(_at));
                _at = _at + 1 == load.Count ? 0 : _at + 1;
            }
        }
    }
}
