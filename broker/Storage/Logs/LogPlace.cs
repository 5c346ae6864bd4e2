namespace Broker.Storage.Logs;

/// <summary>Where in a log a batch starts, as <see cref="PartitionLog.PlaceOf"/> found it: bytes behind it can be counted without touching the disk.</summary>
public readonly record struct LogPlace
{
    internal LogPlace(long segmentBase, int position, int cuts) => (SegmentBase, Position, Cuts) = (segmentBase, position, cuts);

    /// <summary>The place is not known: a reader that waits there has to read the log to learn how much there is.</summary>
    public static LogPlace Unknown => new(-1, 0, -1);

    internal long SegmentBase { get; }

    internal int Position { get; }

    internal int Cuts { get; }
}
