using Game.Contracts;
using Game.Detector.Rules;

namespace Game.Detector.Partitions;

/// <summary>
/// Replays one partition with a new engine; audits compare its alerts with the <c>alerts</c> topic. Feed it the partition's records in order, from the start.
/// </summary>
/// <param name="partition">The partition's number.</param>
/// <param name="rules">The rules that the detectors ran with.</param>
public sealed class PartitionReplay(int partition, RuleSet rules)
{
    private readonly PartitionEngine _engine = new(partition, rules);
    private readonly List<Alert> _alerts = [];

    /// <summary>All alerts so far, in the order of their source offsets, with <see cref="Alert.DetectedAt"/> 0.</summary>
    public IReadOnlyList<Alert> Alerts => _alerts;

    public IEnumerable<string> AlertIds => _alerts.Select(alert => alert.AlertId);

    /// <summary>Records that detectors send to <c>dead-letters</c>.</summary>
    public int DeadLetters { get; private set; }

    /// <summary>Events whose id and content are those of another event in the player's window.</summary>
    public int Repeated { get; private set; }

    /// <param name="offset">The record's offset.</param>
    /// <param name="key">Its key; null counts as empty.</param>
    /// <param name="value">Its value; null is a tombstone.</param>
    /// <param name="timestamp">Its timestamp, epoch milliseconds; −1 where there is none.</param>
    public void Feed(long offset, byte[]? key, byte[]? value, long timestamp)
    {
        Decision decision = _engine.Process(key, value, offset, timestamp);
        _alerts.AddRange(decision.Alerts);
        DeadLetters += decision.IsDeadLetter ? 1 : 0;
        Repeated += decision.Verdict == Verdict.Repeated ? 1 : 0;
    }
}
