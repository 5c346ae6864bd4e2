using BenchmarkDotNet.Attributes;
using Game.Detector.Measuring;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Benchmarks;

/// <summary>From a value's bytes to the decision, an event of a known player that raises no alert: its time, and that it allocates nothing.</summary>
[MemoryDiagnoser]
public class DecisionBenchmark
{
    private readonly HonestLoad load = new(players: 10_000, seed: 1);
    private readonly PartitionEngine engine = new(0, new RuleSet());
    private int at;
    private long offset;

    /// <summary>Makes every player known.</summary>
    [GlobalSetup]
    public void Meet()
    {
        for (int i = 0; i < load.Count; i++)
            Judge();
    }

    [Benchmark]
    public Verdict Judge()
    {
        Decision decision = engine.Process(load.Key(at), load.Value(at), offset++);
        at = at + 1 == load.Count ? 0 : at + 1;
        return decision.Verdict;
    }
}
