using BenchmarkDotNet.Attributes;
using Game.Detector.Measuring;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Benchmarks;

/// <summary>From a value's bytes to the decision, an event of a known player that raises no alert: its time, and that it allocates nothing.</summary>
[MemoryDiagnoser]
public class DecisionBenchmark
{
    private readonly HonestLoad _load = new(players: 10_000, seed: 1);
    private readonly PartitionEngine _engine = new(0, new RuleSet());
    private int _at;
    private long _offset;

    /// <summary>Judges every event once, so that the engine knows every player.</summary>
    [GlobalSetup]
    public void JudgeAllOnce()
    {
        for (int i = 0; i < _load.Count; i++)
        {
            Judge();
        }
    }

    [Benchmark]
    public Verdict Judge()
    {
        Decision decision = _engine.Process(_load.Key(_at), _load.Value(_at), _offset++, _load.Timestamp(_at));
        _at = _at + 1 == _load.Count ? 0 : _at + 1;
        return decision.Verdict;
    }
}
