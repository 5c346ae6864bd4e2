using System.Runtime.CompilerServices;

namespace Broker.Protocol.Records;

/// <summary>Zig-zag variable-length integers as records use them. Nothing here throws on bad bytes.</summary>
internal static class RecordVarint
{
    /// <summary>The longest encoding of a 32-bit number.</summary>
    public const int MaxInt32 = 5;

    /// <summary>The longest encoding of a 64-bit number.</summary>
    public const int MaxInt64 = 10;

    /// <summary>False when the bytes end within the number or it has more than five bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadInt32(ReadOnlySpan<byte> bytes, ref int at, out int value)
    {
        if (!TryReadShort(bytes, ref at, out uint low))
        {
            bool read = TryReadUnsigned(bytes, ref at, MaxInt32, out ulong raw);
            low = (uint)raw;
            value = (int)(low >> 1) ^ -(int)(low & 1);
            return read;
        }

        value = (int)(low >> 1) ^ -(int)(low & 1);
        return true;
    }

    /// <summary>False when the bytes end within the number or it has more than ten bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadInt64(ReadOnlySpan<byte> bytes, ref int at, out long value)
    {
        if (TryReadShort(bytes, ref at, out uint low))
        {
            value = (low >> 1) ^ -(long)(low & 1);
            return true;
        }

        bool read = TryReadUnsigned(bytes, ref at, MaxInt64, out ulong raw);
        value = (long)(raw >> 1) ^ -(long)(raw & 1);
        return read;
    }

    /// <summary>Writes to the start of <paramref name="target"/> (at least five bytes) and returns the bytes used.</summary>
    public static int WriteInt32(Span<byte> target, int value) => WriteUnsigned(target, (uint)((value << 1) ^ (value >> 31)));

    /// <summary>Writes to the start of <paramref name="target"/> (at least ten bytes) and returns the bytes used.</summary>
    public static int WriteInt64(Span<byte> target, long value) => WriteUnsigned(target, (ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Numbers of one and two bytes, which is nearly all of them; nothing is consumed where it is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadShort(ReadOnlySpan<byte> bytes, ref int at, out uint value)
    {
        int start = at;
        if ((uint)start < (uint)bytes.Length)
        {
            value = bytes[start];
            if (value < 0x80)
            {
                at = start + 1;
                return true;
            }

            if ((uint)(start + 1) < (uint)bytes.Length && bytes[start + 1] < 0x80)
            {
                value = (value & 0x7F) | ((uint)bytes[start + 1] << 7);
                at = start + 2;
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static bool TryReadUnsigned(ReadOnlySpan<byte> bytes, ref int at, int maxBytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < maxBytes; i++)
        {
            if (at >= bytes.Length)
            {
                return false;
            }

            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static int WriteUnsigned(Span<byte> target, ulong value)
    {
        int at = 0;
        while (value >= 0x80)
        {
            target[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[at++] = (byte)value;
        return at;
    }
}
