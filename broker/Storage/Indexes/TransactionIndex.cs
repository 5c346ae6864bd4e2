using System.Buffers.Binary;
using Broker.Storage.Files;

namespace Broker.Storage.Indexes;

/// <summary>The aborted transactions of a segment, by their last offsets. The file exists only once there is one.</summary>
internal sealed class TransactionIndex(CachedFile file, bool exists) : EntryFile(file, EntrySize, exists)
{
    public const int EntrySize = 34;

    /// <summary>Must be called before the log write that <see cref="Append"/> follows: an aborted transaction must not be missing from its index.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public void Prepare() => EnsureRoom();

    /// <summary>Adds a transaction whose marker was appended last.</summary>
    public void Append(in AbortedTransaction aborted)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        BinaryPrimitives.WriteInt16BigEndian(entry, 0);
        BinaryPrimitives.WriteInt64BigEndian(entry[2..], aborted.ProducerId);
        BinaryPrimitives.WriteInt64BigEndian(entry[10..], aborted.FirstOffset);
        BinaryPrimitives.WriteInt64BigEndian(entry[18..], aborted.LastOffset);
        BinaryPrimitives.WriteInt64BigEndian(entry[26..], aborted.LastStableOffset);
        Append(entry);
    }

    /// <summary>Adds those that overlap [from, upTo) to <paramref name="found"/>.</summary>
    /// <returns>True where no later segment can hold another one.</returns>
    public bool Collect(long from, long upTo, List<AbortedTransaction> found)
    {
        for (int i = FirstAbove(from - 1); TryRead(i, out AbortedTransaction aborted); i++)
        {
            if (aborted.FirstOffset < upTo)
            {
                found.Add(aborted);
            }
            if (aborted.LastStableOffset >= upTo)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Removes the transactions that end at <paramref name="offset"/> or above.</summary>
    public void TruncateTo(long offset) => Truncate(FirstAbove(offset - 1));

    /// <summary>Whether every entry is of the known version and lies at or above the segment's base.</summary>
    public bool Fits(long baseOffset)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        long last = baseOffset - 1;
        for (int i = 0; i < Count; i++)
        {
            if (!TryGet(i, entry) || BinaryPrimitives.ReadInt16BigEndian(entry) != 0)
            {
                return false;
            }
            long offset = KeyOf(entry);
            if (offset < last)
            {
                return false;
            }
            last = offset;
        }
        return true;
    }

    protected override long KeyOf(ReadOnlySpan<byte> entry) => BinaryPrimitives.ReadInt64BigEndian(entry[18..]);

    private bool TryRead(int number, out AbortedTransaction aborted)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        bool got = TryGet(number, entry);
        aborted = !got ? default : new AbortedTransaction(
            BinaryPrimitives.ReadInt64BigEndian(entry[2..]),
            BinaryPrimitives.ReadInt64BigEndian(entry[10..]),
            BinaryPrimitives.ReadInt64BigEndian(entry[18..]),
            BinaryPrimitives.ReadInt64BigEndian(entry[26..]));
        return got;
    }
}
