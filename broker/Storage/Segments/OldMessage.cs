using System.Buffers.Binary;

namespace Broker.Storage.Segments;

/// <summary>Distinguishes messages of the old formats (magic 0 and 1) from damage, by their CRC-32.</summary>
internal static class OldMessage
{
    private const int CrcAt = 12;
    private const int CoveredFrom = 16;
    private const uint Polynomial = 0xEDB88320;

    /// <summary>Larger messages count as sound without a check: the log cannot be read either way, and must not be cut.</summary>
    private const int LargestChecked = 16 * 1024 * 1024;

    public static bool IsSound(LogSegment segment, int position, int size)
    {
        if (size > LargestChecked)
        {
            return true;
        }
        byte[] bytes = new byte[size];
        return segment.ReadAt(position, bytes) == size && BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(CrcAt)) == Crc(bytes.AsSpan(CoveredFrom));
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ Polynomial;
            }
        }
        return ~crc;
    }
}
