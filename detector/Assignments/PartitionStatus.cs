namespace Game.Detector.Assignments;

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
    private int _phase;
    private long _events;
    private long _alerts;
    private long _known;
    private long _deadLetters;
    private long _repeated;
    private long _misdated;
    private long _players;
    private long _position;
    private long _end;
    private long _rebuildFrom;
    private long _rebuildAt;
    private long _rebuildTarget;

    public int Partition { get; } = partition;

    public PartitionPhase Phase { get => (PartitionPhase)Volatile.Read(ref _phase); set => Volatile.Write(ref _phase, (int)value); }

    public long Events { get => Volatile.Read(ref _events); set => Volatile.Write(ref _events, value); }

    public long Alerts { get => Volatile.Read(ref _alerts); set => Volatile.Write(ref _alerts, value); }

    /// <summary>Alerts held back because an earlier owner raised them.</summary>
    public long AlreadyRaised { get => Volatile.Read(ref _known); set => Volatile.Write(ref _known, value); }

    public long DeadLetters { get => Volatile.Read(ref _deadLetters); set => Volatile.Write(ref _deadLetters, value); }

    public long Repeated { get => Volatile.Read(ref _repeated); set => Volatile.Write(ref _repeated, value); }

    public long Misdated { get => Volatile.Read(ref _misdated); set => Volatile.Write(ref _misdated, value); }

    public long Players { get => Volatile.Read(ref _players); set => Volatile.Write(ref _players, value); }

    public long Position { get => Volatile.Read(ref _position); set => Volatile.Write(ref _position, value); }

    /// <summary>The log's end as last heard of.</summary>
    public long End { get => Volatile.Read(ref _end); set => Volatile.Write(ref _end, value); }

    public long RebuildFrom { get => Volatile.Read(ref _rebuildFrom); set => Volatile.Write(ref _rebuildFrom, value); }

    public long RebuildAt { get => Volatile.Read(ref _rebuildAt); set => Volatile.Write(ref _rebuildAt, value); }

    public long RebuildTarget { get => Volatile.Read(ref _rebuildTarget); set => Volatile.Write(ref _rebuildTarget, value); }
}
