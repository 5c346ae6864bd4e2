namespace Game.Detector.Partitions;

internal enum PartitionPhase
{
    NotAssigned,
    Rebuilding,
    Live,
}

/// <summary>
/// What metrics and health tell of one partition, for the life of the process. Written by the thread that has the partition, read by anyone; single words, so a
/// reader sees each number whole.
/// </summary>
internal sealed class PartitionStatus(int partition)
{
    private int phase;
    private long events;
    private long alerts;
    private long known;
    private long deadLetters;
    private long repeated;
    private long players;
    private long position;
    private long end;
    private long rebuildFrom;
    private long rebuildAt;
    private long rebuildTarget;

    public int Partition { get; } = partition;

    public PartitionPhase Phase { get => (PartitionPhase)Volatile.Read(ref phase); set => Volatile.Write(ref phase, (int)value); }

    public long Events { get => Volatile.Read(ref events); set => Volatile.Write(ref events, value); }

    public long Alerts { get => Volatile.Read(ref alerts); set => Volatile.Write(ref alerts, value); }

    /// <summary>Alerts held back because an earlier owner raised them.</summary>
    public long AlreadyRaised { get => Volatile.Read(ref known); set => Volatile.Write(ref known, value); }

    public long DeadLetters { get => Volatile.Read(ref deadLetters); set => Volatile.Write(ref deadLetters, value); }

    public long Repeated { get => Volatile.Read(ref repeated); set => Volatile.Write(ref repeated, value); }

    public long Players { get => Volatile.Read(ref players); set => Volatile.Write(ref players, value); }

    public long Position { get => Volatile.Read(ref position); set => Volatile.Write(ref position, value); }

    /// <summary>The log's end as last heard of.</summary>
    public long End { get => Volatile.Read(ref end); set => Volatile.Write(ref end, value); }

    public long RebuildFrom { get => Volatile.Read(ref rebuildFrom); set => Volatile.Write(ref rebuildFrom, value); }

    public long RebuildAt { get => Volatile.Read(ref rebuildAt); set => Volatile.Write(ref rebuildAt, value); }

    public long RebuildTarget { get => Volatile.Read(ref rebuildTarget); set => Volatile.Write(ref rebuildTarget, value); }
}
