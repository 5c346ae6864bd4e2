using System.Buffers.Binary;

namespace Broker.Protocol.Records;

/// <summary>
/// Changes a v2 batch's header in place. Base offset and partition leader epoch lie outside the CRC; after any other change <see cref="RewriteCrc"/> must
/// follow. Each span must start at the batch's first byte.
/// </summary>
public static class BatchHeader
{
    internal const int LengthAt = 8;
    internal const int PartitionLeaderEpochAt = 12;
    internal const int MagicAt = 16;
    internal const int CrcAt = 17;
    internal const int AttributesAt = 21;
    internal const int LastOffsetDeltaAt = 23;
    internal const int BaseTimestampAt = 27;
    internal const int MaxTimestampAt = 35;
    internal const int ProducerIdAt = 43;
    internal const int ProducerEpochAt = 51;
    internal const int BaseSequenceAt = 53;
    internal const int RecordCountAt = 57;
    internal const short LogAppendTimeBit = 0x08;

    /// <summary>Leaves the CRC valid.</summary>
    public static void SetBaseOffset(Span<byte> batch, long baseOffset) => BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);

    /// <summary>Leaves the CRC valid.</summary>
    public static void SetPartitionLeaderEpoch(Span<byte> batch, int epoch) =>
        BinaryPrimitives.WriteInt32BigEndian(batch[PartitionLeaderEpochAt..], epoch);

    /// <summary>Leaves the CRC stale: call <see cref="RewriteCrc"/>.</summary>
    public static void SetMaxTimestamp(Span<byte> batch, long maxTimestamp) =>
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], maxTimestamp);

    /// <summary>Marks the batch as stamped by the broker and gives all its records one time (epoch ms). Leaves the CRC stale.</summary>
    public static void SetAppendTime(Span<byte> batch, long appendTimeMs)
    {
        short attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(attributes | LogAppendTimeBit));
        SetMaxTimestamp(batch, appendTimeMs);
    }

    /// <param name="batch">Exactly one batch, first to last byte.</param>
    public static void RewriteCrc(Span<byte> batch) => BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], ComputeCrc(batch));

    /// <summary>CRC-32C from the attributes to the batch's end.</summary>
    /// <param name="batch">Exactly one batch, first to last byte.</param>
    public static uint ComputeCrc(ReadOnlySpan<byte> batch) => Crc32C.Compute(batch[AttributesAt..]);

    /// <summary>True when the header's CRC fits the bytes. False, not an error, for fewer bytes than a header.</summary>
    /// <param name="batch">Exactly one batch, first to last byte.</param>
    public static bool VerifyCrc(ReadOnlySpan<byte> batch) =>
        batch.Length >= BatchInfo.HeaderSize && BinaryPrimitives.ReadUInt32BigEndian(batch[CrcAt..]) == ComputeCrc(batch);
}
