using System.Buffers.Binary;
using Broker.Protocol.Compression;

namespace Broker.Protocol.Records;

/// <summary>The decoded header of one record batch of magic 2.</summary>
public readonly record struct BatchInfo
{
    /// <summary>Bytes of a v2 header, which is needed whole to read anything of a batch.</summary>
    public const int HeaderSize = 61;

    /// <summary>Bytes before what the length field counts: base offset and the length itself.</summary>
    public const int LogOverhead = 12;

    /// <summary>Bytes up to and including the magic, which is at the same position in all formats.</summary>
    internal const int MagicReach = 17;

    /// <summary>An old message's smallest size, without the log overhead.</summary>
    private const int SmallestOldMessage = 14;

    public long BaseOffset { get; init; }

    /// <summary>The whole batch, header and log overhead included; at least 61 for magic 2.</summary>
    public int SizeInBytes { get; init; }

    public int PartitionLeaderEpoch { get; init; }

    public sbyte Magic { get; init; }

    /// <summary>The CRC-32C as written in the header, not verified.</summary>
    public uint Crc { get; init; }

    public short Attributes { get; init; }

    public int LastOffsetDelta { get; init; }

    /// <summary>The first record's timestamp; the delete horizon when <see cref="HasDeleteHorizon"/>.</summary>
    public long BaseTimestamp { get; init; }

    public long MaxTimestamp { get; init; }

    public long ProducerId { get; init; }

    public short ProducerEpoch { get; init; }

    public int BaseSequence { get; init; }

    public int RecordCount { get; init; }

    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long NextOffset => LastOffset + 1;

    /// <summary>The sequence of the last record; sequences wrap from 2147483647 to 0. -1 without a sequence.</summary>
    public int LastSequence => BaseSequence < 0 ? -1 : (int)(((long)BaseSequence + LastOffsetDelta) & int.MaxValue);

    /// <summary>Values above 4 exist in no valid batch; check with <see cref="IsKnownCompression"/>.</summary>
    public CompressionType Compression => (CompressionType)(Attributes & 0x07);

    public bool IsKnownCompression => (Attributes & 0x07) <= (int)CompressionType.Zstd;

    public TimestampType TimestampType => (Attributes & 0x08) == 0 ? TimestampType.CreateTime : TimestampType.LogAppendTime;

    public bool IsTransactional => (Attributes & 0x10) != 0;

    public bool IsControl => (Attributes & 0x20) != 0;

    public bool HasDeleteHorizon => (Attributes & 0x40) != 0;

    public bool HasProducerId => ProducerId >= 0;

    /// <summary>Reads the header at the start of <paramref name="bytes"/>; needs its 61 bytes only, never more. Never throws.</summary>
    public static BatchReadResult TryRead(ReadOnlySpan<byte> bytes, out BatchInfo info)
    {
        info = default;
        if (bytes.Length < MagicReach)
        {
            return BatchReadResult.Incomplete;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(bytes[BatchHeader.LengthAt..]);
        sbyte magic = (sbyte)bytes[BatchHeader.MagicAt];
        if (length is < SmallestOldMessage or > int.MaxValue - LogOverhead || magic is < 0 or > 2)
        {
            return BatchReadResult.Corrupt;
        }

        int size = length + LogOverhead;
        if (magic < 2)
        {
            info = new BatchInfo { BaseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes), SizeInBytes = size, Magic = magic };
            return BatchReadResult.OldFormat;
        }

        if (size < HeaderSize)
        {
            return BatchReadResult.Corrupt;
        }

        if (bytes.Length < HeaderSize)
        {
            return BatchReadResult.Incomplete;
        }

        info = Decode(bytes, size);
        return BatchReadResult.Ok;
    }

    private static BatchInfo Decode(ReadOnlySpan<byte> bytes, int size) => new()
    {
        BaseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes),
        SizeInBytes = size,
        PartitionLeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(bytes[BatchHeader.PartitionLeaderEpochAt..]),
        Magic = 2,
        Crc = BinaryPrimitives.ReadUInt32BigEndian(bytes[BatchHeader.CrcAt..]),
        Attributes = BinaryPrimitives.ReadInt16BigEndian(bytes[BatchHeader.AttributesAt..]),
        LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(bytes[BatchHeader.LastOffsetDeltaAt..]),
        BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[BatchHeader.BaseTimestampAt..]),
        MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[BatchHeader.MaxTimestampAt..]),
        ProducerId = BinaryPrimitives.ReadInt64BigEndian(bytes[BatchHeader.ProducerIdAt..]),
        ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(bytes[BatchHeader.ProducerEpochAt..]),
        BaseSequence = BinaryPrimitives.ReadInt32BigEndian(bytes[BatchHeader.BaseSequenceAt..]),
        RecordCount = BinaryPrimitives.ReadInt32BigEndian(bytes[BatchHeader.RecordCountAt..]),
    };
}
