namespace Game.HdfsSink.Telemetry;

/// <summary>What the health endpoints tell. Written by the consumer's thread, read by any.</summary>
internal sealed class SinkHealth
{
    private volatile string? _trouble = "the sink waits for its first assignment of partitions";
    private volatile int _assigned;

    /// <summary>Why it does not work: why the last session ended, until the next has its partitions; null while all is well.</summary>
    public string? Trouble { get => _trouble; set => _trouble = value; }

    /// <summary>Partitions that this sink reads.</summary>
    public int Assigned { get => _assigned; set => _assigned = value; }
}
