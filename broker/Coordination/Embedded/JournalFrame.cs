using System.Buffers.Binary;
using System.Numerics;

namespace Broker.Coordination.Embedded;

/// <summary>What a frame holds.</summary>
internal enum FrameKind : byte
{
    /// <summary>Znodes of the snapshot that every journal begins with.</summary>
    Snapshot = 1,

    /// <summary>The end of the snapshot: its zxid.</summary>
    SnapshotEnd = 2,

    /// <summary>Transactions that became durable together.</summary>
    Transactions = 3,
}

/// <summary>
/// A frame: magic (4 bytes), kind (1), payload length (4), CRC-32C of kind, length and payload (4), payload; little-endian. The magic lets a damaged frame be
/// distinguished from a torn tail: after a torn write no good frame follows.
/// </summary>
internal static class JournalFrame
{
    internal const int HeaderBytes = 13;
    private const uint Magic = 0x444f4e5a; // "ZNOD"
    private const int KindAt = 4;
    private const int LengthAt = 5;
    private const int CrcAt = 9;

    internal static void Seal(Span<byte> frame, FrameKind kind)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Magic);
        frame[KindAt] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(frame[LengthAt..], frame.Length - HeaderBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[CrcAt..], Crc(frame));
    }

    /// <summary>Reads the frame that begins the bytes; false when it is not whole and good.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out FrameKind kind, out ReadOnlySpan<byte> payload)
    {
        kind = default;
        payload = default;
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            return false;
        }
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[LengthAt..]);
        if (length < 0 || length > bytes.Length - HeaderBytes)
        {
            return false;
        }
        ReadOnlySpan<byte> frame = bytes[..(HeaderBytes + length)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[CrcAt..]) != Crc(frame))
        {
            return false;
        }
        kind = (FrameKind)frame[KindAt];
        payload = frame[HeaderBytes..];
        return true;
    }

    /// <summary>Whether a good frame begins anywhere in the bytes.</summary>
    internal static bool ExistsIn(ReadOnlySpan<byte> bytes)
    {
        Span<byte> magic = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, Magic);
        while (bytes.IndexOf(magic) is var at and >= 0)
        {
            if (TryRead(bytes[at..], out _, out _))
            {
                return true;
            }
            bytes = bytes[(at + 1)..];
        }

        return false;
    }

    private static uint Crc(ReadOnlySpan<byte> frame)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in frame[KindAt..CrcAt])
        {
            crc = BitOperations.Crc32C(crc, b);
        }
        ReadOnlySpan<byte> payload = frame[HeaderBytes..];
        for (; payload.Length >= 8; payload = payload[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(payload));
        }
        foreach (byte b in payload)
        {
            crc = BitOperations.Crc32C(crc, b);
        }
        return ~crc;
    }
}
