using System.Numerics;

namespace Broker.Protocol;

/// <summary>
/// Kafka's unsigned variable-length integers of 32 bits, as compact lengths and tagged sections use them (KIP-482): groups of seven bits, lowest first, the
/// high bit of a byte saying that another follows.
/// </summary>
internal static class Varint
{
    /// <summary>The most bytes that a value takes.</summary>
    public const int MaximumLength = 5;

    /// <summary>The bytes that a value takes: one for each seven bits begun, one for zero.</summary>
    public static int Length(uint value) => ((31 - BitOperations.LeadingZeroCount(value | 1)) / 7) + 1;

    /// <summary>Writes a value into a destination of its length.</summary>
    public static void Write(Span<byte> destination, uint value)
    {
        int length = 0;
        while (value > 0x7f)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length] = (byte)value;
    }

    /// <summary>Reads a value.</summary>
    /// <returns>The bytes read, or 0 where the source ends too early or the value needs more than 32 bits.</returns>
    public static int Read(ReadOnlySpan<byte> source, out uint value)
    {
        value = 0;
        int limit = Math.Min(source.Length, MaximumLength);
        for (int i = 0; i < limit; i++)
        {
            byte b = source[i];
            // The fifth byte has room for the last four bits.
            if (i == MaximumLength - 1 && b > 0x0f)
            {
                return 0;
            }
            value |= (uint)(b & 0x7f) << (7 * i);
            if (b <= 0x7f)
            {
                return i + 1;
            }
        }

        return 0;
    }
}
