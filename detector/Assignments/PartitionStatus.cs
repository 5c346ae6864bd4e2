namespace Game.Detector.Assignments;

internal enum PartitionPhase
{
    NotAssigned,
    Rebuilding,
    Live,
}

/// <summary>
/// What metrics and health checks show of one partition; lives as long as the process. The consumer's thread writes it, any thread reads it; each number is a
/// single word, so that a reader never sees half of a change.
/// </summary>
internal sealed class PartitionStatus(int partition)
{
    private int _phase;
    private long _events;
    private long _alerts;
    private long _alreadyRaised;
    private long _deadLetters;
    private long _repeated;
    private long _misdated;
    private long _players;
    private long _position;
    private long _end;
    private RebuildProgress _rebuild = new();

    public int Partition { get; } = partition;

    public PartitionPhase Phase { get => (PartitionPhase)Volatile.Read(ref _phase); set => Volatile.Write(ref _phase, (int)value); }

    public long Events { get => Volatile.Read(ref _events); set => Volatile.Write(ref _events, value); }

    public long Alerts { get => Volatile.Read(ref _alerts); set => Volatile.Write(ref _alerts, value); }

    /// <summary>Alerts that were not sent because an earlier owner had raised them.</summary>
    public long AlreadyRaised { get => Volatile.Read(ref _alreadyRaised); set => Volatile.Write(ref _alreadyRaised, value); }

    public long DeadLetters { get => Volatile.Read(ref _deadLetters); set => Volatile.Write(ref _deadLetters, value); }

    public long Repeated { get => Volatile.Read(ref _repeated); set => Volatile.Write(ref _repeated, value); }

    public long Misdated { get => Volatile.Read(ref _misdated); set => Volatile.Write(ref _misdated, value); }

    public long Players { get => Volatile.Read(ref _players); set => Volatile.Write(ref _players, value); }

    public long Position { get => Volatile.Read(ref _position); set => Volatile.Write(ref _position, value); }

    /// <summary>The log's end that the consumer last learned.</summary>
    public long End { get => Volatile.Read(ref _end); set => Volatile.Write(ref _end, value); }

    /// <summary>The progress of the newest rebuild.</summary>
    public RebuildProgress Rebuild { get => Volatile.Read(ref _rebuild); set => Volatile.Write(ref _rebuild, value); }
}
