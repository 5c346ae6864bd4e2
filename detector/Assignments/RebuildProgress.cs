namespace Game.Detector.Assignments;

/// <summary>How far one rebuild has come, in offsets of its partition. Written by the rebuild's thread alone, read by anyone: no rebuild reads what another
/// writes.</summary>
internal sealed class RebuildProgress
{
    private long _from;
    private long _at;
    private long _target;

    /// <summary>Where it began; above 0 older events have expired.</summary>
    public long From { get => Volatile.Read(ref _from); set => Volatile.Write(ref _from, value); }

    public long At { get => Volatile.Read(ref _at); set => Volatile.Write(ref _at, value); }

    /// <summary>Where it ends.</summary>
    public long Target { get => Volatile.Read(ref _target); set => Volatile.Write(ref _target, value); }
}
