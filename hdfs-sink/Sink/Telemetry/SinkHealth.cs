using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Game.HdfsSink.Telemetry;

/// <summary>What the health endpoints show. The consumer's thread writes it; any thread may read it.</summary>
internal sealed class SinkHealth
{
    private readonly ConcurrentDictionary<TopicPartition, string> _refused = new();
    private volatile string? _sessionTrouble = "The sink waits for its first assignment of partitions.";
    private volatile int _assigned;

    /// <summary>Why the last session failed, until the next session has its partitions; null while a session works.</summary>
    public string? SessionTrouble
    {
        set => _sessionTrouble = value;
    }

    /// <summary>What does not work, in one or more sentences; null while everything works.</summary>
    public string? Trouble => _sessionTrouble ?? Refusal;

    /// <summary>Why the sink does not write some of its partitions, one sentence for each reason; null while it writes all of them.</summary>
    public string? Refusal => _refused.IsEmpty ? null : string.Join(' ', _refused.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>How many partitions this sink reads.</summary>
    public int Assigned
    {
        get => _assigned;
        set => _assigned = value;
    }

    /// <summary>How many assigned partitions this sink does not read, because an operator has to correct something first.</summary>
    public int Refused => _refused.Count;

    public void Refuse(TopicPartition partition, string reason) => _refused[partition] = reason;

    /// <summary>Removes the refusal of a partition that is revoked, or whose session ends.</summary>
    public void Forget(TopicPartition partition) => _refused.TryRemove(partition, out _);
}
