using System.Numerics;

namespace Broker.Protocol;

/// <summary>
/// Kafka's variable-length integers: groups of seven bits, lowest first, the high bit of a byte saying that another follows.
/// Signed values are zig-zag encoded before that.
/// </summary>
public static class Varint
{
    /// <summary>The most bytes that a 32-bit value takes.</summary>
    public const int MaximumLength32 = 5;

    /// <summary>The most bytes that a 64-bit value takes.</summary>
    public const int MaximumLength64 = 10;

    /// <summary>The bytes that an unsigned value takes: one for each seven bits begun, one for zero.</summary>
    public static int UnsignedLength(uint value) => ((31 - BitOperations.LeadingZeroCount(value | 1)) / 7) + 1;

    /// <summary>As <see cref="UnsignedLength(uint)"/>.</summary>
    public static int UnsignedLength(ulong value) => ((63 - BitOperations.LeadingZeroCount(value | 1)) / 7) + 1;

    /// <summary>The bytes that a signed 32-bit value takes.</summary>
    public static int SignedLength(int value) => UnsignedLength(ZigZag(value));

    /// <summary>The bytes that a signed 64-bit value takes.</summary>
    public static int SignedLength(long value) => UnsignedLength(ZigZag(value));

    /// <summary>Writes an unsigned value and gives the bytes written; the destination is long enough.</summary>
    public static int WriteUnsigned(Span<byte> destination, ulong value)
    {
        int length = 0;
        while (value > 0x7f)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Writes a signed 32-bit value and gives the bytes written.</summary>
    public static int WriteSigned(Span<byte> destination, int value) => WriteUnsigned(destination, ZigZag(value));

    /// <summary>Writes a signed 64-bit value and gives the bytes written.</summary>
    public static int WriteSigned(Span<byte> destination, long value) => WriteUnsigned(destination, ZigZag(value));

    /// <summary>Reads an unsigned 32-bit value.</summary>
    /// <returns>The bytes read, or 0 where the source ends too early or the value needs more than 32 bits.</returns>
    public static int ReadUnsigned(ReadOnlySpan<byte> source, out uint value)
    {
        int length = ReadUnsigned(source, MaximumLength32, out ulong wide);
        value = (uint)wide;
        return wide > uint.MaxValue ? 0 : length;
    }

    /// <summary>Reads an unsigned 64-bit value.</summary>
    /// <returns>The bytes read, or 0 where the source ends too early or the value needs more than 64 bits.</returns>
    public static int ReadUnsigned(ReadOnlySpan<byte> source, out ulong value) => ReadUnsigned(source, MaximumLength64, out value);

    /// <summary>Reads a signed 32-bit value; 0 where it is none, as <see cref="ReadUnsigned(ReadOnlySpan{byte}, out uint)"/>.</summary>
    public static int ReadSigned(ReadOnlySpan<byte> source, out int value)
    {
        int length = ReadUnsigned(source, out uint raw);
        value = (int)(raw >> 1) ^ -(int)(raw & 1);
        return length;
    }

    /// <summary>Reads a signed 64-bit value; 0 where it is none.</summary>
    public static int ReadSigned(ReadOnlySpan<byte> source, out long value)
    {
        int length = ReadUnsigned(source, out ulong raw);
        value = (long)(raw >> 1) ^ -(long)(raw & 1);
        return length;
    }

    private static int ReadUnsigned(ReadOnlySpan<byte> source, int maximumLength, out ulong value)
    {
        value = 0;
        int limit = Math.Min(source.Length, maximumLength);
        for (int i = 0; i < limit; i++)
        {
            byte b = source[i];
            if (i == MaximumLength64 - 1 && b > 1)
                return 0;
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b <= 0x7f)
                return i + 1;
        }

        return 0;
    }

    private static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
}
