namespace Game.Detector.Assignments;

/// <summary>The progress of one rebuild, in offsets of its partition. Only the rebuild's thread writes it; any thread reads it.</summary>
internal sealed class RebuildProgress
{
    private long _from;
    private long _at;
    private long _target;

    /// <summary>Where the rebuild began. If it is above 0, older events have expired.</summary>
    public long From { get => Volatile.Read(ref _from); set => Volatile.Write(ref _from, value); }

    public long At { get => Volatile.Read(ref _at); set => Volatile.Write(ref _at, value); }

    /// <summary>Where the rebuild ends.</summary>
    public long Target { get => Volatile.Read(ref _target); set => Volatile.Write(ref _target, value); }
}
