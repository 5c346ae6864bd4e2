using System.Buffers.Binary;
using Broker.Protocol.Records;
using Broker.Storage.Files;

namespace Broker.Storage.Producers;

/// <summary>
/// The <c>.snapshot</c> files: version 1 (2 bytes), CRC-32C of what follows it (4), count (4), and 46 bytes a producer. Of a producer's batches only the newest
/// is kept.
/// </summary>
internal static class ProducerSnapshot
{
    private const short Version = 1;
    private const int CrcAt = 2;
    private const int CountAt = 6;
    private const int HeaderSize = 10;
    private const int EntrySize = 46;

    public static byte[] Encode(IReadOnlyCollection<ProducerEntry> producers)
    {
        byte[] bytes = new byte[HeaderSize + (EntrySize * producers.Count)];
        BinaryPrimitives.WriteInt16BigEndian(bytes, Version);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), producers.Count);
        Span<byte> at = bytes.AsSpan(HeaderSize);
        foreach (ProducerEntry producer in producers)
        {
            EncodeEntry(at, producer);
            at = at[EntrySize..];
        }
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CrcAt), Crc32C.Compute(bytes.AsSpan(CountAt)));
        return bytes;
    }

    /// <summary>Null where there is no such file.</summary>
    /// <exception cref="CorruptFileException">The file is not of the format.</exception>
    public static List<ProducerEntry>? Read(IFileSystem disk, string path)
    {
        byte[]? bytes = WholeFiles.Read(disk, path);
        return bytes is null ? null : Decode(path, bytes);
    }

    private static List<ProducerEntry> Decode(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadInt16BigEndian(bytes) != Version)
        {
            throw new CorruptFileException(path, "it is not a producer snapshot of version 1");
        }
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcAt..]) != Crc32C.Compute(bytes[CountAt..]))
        {
            throw new CorruptFileException(path, "its checksum does not fit");
        }
        int count = BinaryPrimitives.ReadInt32BigEndian(bytes[CountAt..]);
        if (count < 0 || (long)count * EntrySize != bytes.Length - HeaderSize)
        {
            throw new CorruptFileException(path, $"{count} entries do not take {bytes.Length} bytes");
        }
        List<ProducerEntry> producers = new(count);
        for (int i = 0; i < count; i++)
        {
            producers.Add(DecodeEntry(bytes.Slice(HeaderSize + (i * EntrySize), EntrySize)));
        }
        return producers;
    }

    private static void EncodeEntry(Span<byte> at, ProducerEntry producer)
    {
        ProducerBatch newest = producer.BatchCount > 0 ? producer.Newest : new ProducerBatch(-1, -1, 0, producer.LastTimestampMs);
        BinaryPrimitives.WriteInt64BigEndian(at, producer.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(at[8..], producer.Epoch);
        BinaryPrimitives.WriteInt32BigEndian(at[10..], newest.LastSequence);
        BinaryPrimitives.WriteInt64BigEndian(at[14..], newest.LastOffset);
        BinaryPrimitives.WriteInt32BigEndian(at[22..], newest.OffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(at[26..], producer.LastTimestampMs);
        BinaryPrimitives.WriteInt32BigEndian(at[34..], producer.CoordinatorEpoch);
        BinaryPrimitives.WriteInt64BigEndian(at[38..], producer.TransactionStart);
    }

    private static ProducerEntry DecodeEntry(ReadOnlySpan<byte> at)
    {
        int lastSequence = BinaryPrimitives.ReadInt32BigEndian(at[10..]);
        long lastOffset = BinaryPrimitives.ReadInt64BigEndian(at[14..]);
        long timestampMs = BinaryPrimitives.ReadInt64BigEndian(at[26..]);
        ProducerBatch? batch = lastOffset < 0 ? null : new ProducerBatch(lastSequence, lastOffset, BinaryPrimitives.ReadInt32BigEndian(at[22..]), timestampMs);
        ProducerEntry entry = new(BinaryPrimitives.ReadInt64BigEndian(at));
        entry.Restore(
            BinaryPrimitives.ReadInt16BigEndian(at[8..]),
            BinaryPrimitives.ReadInt32BigEndian(at[34..]),
            BinaryPrimitives.ReadInt64BigEndian(at[38..]),
            timestampMs,
            batch);
        return entry;
    }
}
