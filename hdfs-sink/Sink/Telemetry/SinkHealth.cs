namespace Game.HdfsSink.Telemetry;

/// <summary>What the health endpoints tell. Written by the consumer's thread, read by any.</summary>
internal sealed class SinkHealth
{
    private volatile string? trouble = "the sink is starting";
    private volatile int assigned;

    /// <summary>Why the last session ended; null while one runs.</summary>
    public string? Trouble { get => trouble; set => trouble = value; }

    /// <summary>Partitions that this sink reads.</summary>
    public int Assigned { get => assigned; set => assigned = value; }
}
