using System.Buffers.Binary;
using Broker.Storage.Files;

namespace Broker.Storage.Indexes;

/// <summary>The sparse index from timestamps to offsets: entries of timestamp (8 bytes) and offset less base (4 bytes).</summary>
internal sealed class TimeIndex(CachedFile file, long baseOffset, bool exists) : EntryFile(file, EntrySize, exists)
{
    public const int EntrySize = 12;

    private long _lastTimestampMs = -1;
    private bool _knowsLast;

    /// <summary>The last entry; timestamp -1 at the base offset where there is none.</summary>
    public TimestampOffset Last => TryRead(Count - 1, out TimestampOffset last) ? last : new TimestampOffset(-1, baseOffset);

    /// <summary>Adds an entry where the timestamp is above the last one's.</summary>
    public void MaybeAppend(long timestampMs, long offset)
    {
        if (!_knowsLast)
        {
            _lastTimestampMs = Last.TimestampMs;
        }
        _knowsLast = true;
        if (timestampMs <= _lastTimestampMs)
        {
            return;
        }
        Span<byte> entry = stackalloc byte[EntrySize];
        BinaryPrimitives.WriteInt64BigEndian(entry, timestampMs);
        BinaryPrimitives.WriteInt32BigEndian(entry[8..], (int)(offset - baseOffset));
        if (Append(entry))
        {
            _lastTimestampMs = timestampMs;
        }
    }

    /// <summary>The last entry of at most this timestamp; (-1, base offset) where there is none.</summary>
    public TimestampOffset AtOrBefore(long timestampMs)
        => TryRead(FirstAbove(timestampMs) - 1, out TimestampOffset found) ? found : new TimestampOffset(-1, baseOffset);

    /// <summary>Removes the entries of <paramref name="offset"/> and above.</summary>
    public void TruncateTo(long offset)
    {
        Truncate(FirstAbove(offset - baseOffset - 1, static e => BinaryPrimitives.ReadInt32BigEndian(e[8..])));
        _knowsLast = false;
    }

    /// <summary>Removes all entries.</summary>
    public new void Clear()
    {
        base.Clear();
        _knowsLast = false;
    }

    /// <summary>Whether the last entry can be one of a segment that starts here.</summary>
    public bool Fits() => Count == 0 || (TryRead(Count - 1, out TimestampOffset last) && last.Offset >= baseOffset);

    protected override long KeyOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64BigEndian(entry);

    private bool TryRead(int number, out TimestampOffset found)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        bool got = TryGet(number, entry);
        found = got ? new TimestampOffset(BinaryPrimitives.ReadInt64BigEndian(entry), baseOffset + BinaryPrimitives.ReadInt32BigEndian(entry[8..])) : default;
        return got;
    }
}
