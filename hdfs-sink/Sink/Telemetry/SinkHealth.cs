using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Game.HdfsSink.Telemetry;

/// <summary>What the health endpoints tell. Written by the consumer's thread, read by any.</summary>
internal sealed class SinkHealth
{
    private readonly ConcurrentDictionary<TopicPartition, string> _refused = new();
    private volatile string? _sessionTrouble = "the sink waits for its first assignment of partitions";
    private volatile int _assigned;

    /// <summary>Why the last session ended, until the next has its partitions; null while one works.</summary>
    public string? SessionTrouble
    {
        set => _sessionTrouble = value;
    }

    /// <summary>What does not work, in a sentence or more; null while all is well.</summary>
    public string? Trouble => _sessionTrouble ?? Refusal;

    /// <summary>Why partitions are refused, a sentence a reason; null while none is.</summary>
    public string? Refusal => _refused.IsEmpty ? null : string.Join(' ', _refused.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>Partitions that this sink reads.</summary>
    public int Assigned
    {
        get => _assigned;
        set => _assigned = value;
    }

    /// <summary>Partitions that this sink was assigned and does not read, as only a person can help.</summary>
    public int Refused => _refused.Count;

    public void Refuse(TopicPartition partition, string reason) => _refused[partition] = reason;

    /// <summary>The partition is another sink's, or is opened anew.</summary>
    public void Forget(TopicPartition partition) => _refused.TryRemove(partition, out _);
}
