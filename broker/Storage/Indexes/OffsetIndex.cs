using System.Buffers.Binary;
using Broker.Storage.Files;

namespace Broker.Storage.Indexes;

/// <summary>The sparse index from a batch's last offset to its position in the segment: entries of offset less base (4 bytes) and position (4 bytes).</summary>
internal sealed class OffsetIndex(CachedFile file, long baseOffset, bool exists) : EntryFile(file, EntrySize, exists)
{
    public const int EntrySize = 8;

    /// <summary>Adds the last offset and the position of a batch; adds nothing where the offset does not fit.</summary>
    public void Append(long lastOffset, int position)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        BinaryPrimitives.WriteInt32BigEndian(entry, (int)(lastOffset - baseOffset));
        BinaryPrimitives.WriteInt32BigEndian(entry[4..], position);
        Append(entry);
    }

    /// <summary>Position of the last indexed batch that starts at or before <paramref name="offset"/>; 0 where there is none.</summary>
    public int PositionAtOrBefore(long offset)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        int found = FirstAbove(offset - baseOffset) - 1;
        return found >= 0 && TryGet(found, entry) ? BinaryPrimitives.ReadInt32BigEndian(entry[4..]) : 0;
    }

    /// <summary>The first offset indexed beyond <paramref name="position"/>'s batch plus <paramref name="bytes"/>; null where the index ends before.</summary>
    public long? OffsetBeyond(int position, int bytes)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        long limit = (long)position + bytes;
        int found = FirstAbove(limit - 1, static e => BinaryPrimitives.ReadInt32BigEndian(e[4..]));
        return TryGet(found, entry) ? baseOffset + BinaryPrimitives.ReadInt32BigEndian(entry) : null;
    }

    /// <summary>Removes the entries of <paramref name="offset"/> and above.</summary>
    public void TruncateTo(long offset) => Truncate(FirstAbove(offset - baseOffset - 1));

    /// <summary>Whether the last entry can be one of a segment of this many bytes.</summary>
    public bool Fits(int segmentBytes)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        if (Count == 0)
        {
            return true;
        }
        return TryGet(Count - 1, entry)
            && BinaryPrimitives.ReadInt32BigEndian(entry) >= 0
            && BinaryPrimitives.ReadInt32BigEndian(entry[4..]) is >= 0 and var position
            && position < segmentBytes;
    }

    protected override long KeyOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt32BigEndian(entry);
}
