using System.Buffers.Binary;
using System.Numerics;

namespace Broker.Protocol.Records;

/// <summary>CRC-32C (Castagnoli), by the processor's instruction where it has one. "123456789" gives e3069283.</summary>
public static class Crc32C
{
    /// <summary>One lane of the interleaved loop; three lanes hide the instruction's latency of three cycles.</summary>
    private const int LaneBytes = 1024;

    private static readonly uint[] LaneShift = LaneShiftTable.Build(LaneBytes);

    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>Continues <paramref name="crc"/> (0 at the start) over more bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        while (bytes.Length >= 3 * LaneBytes)
        {
            state = ThreeLanes(state, bytes);
            bytes = bytes[(3 * LaneBytes)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte one in bytes)
        {
            state = BitOperations.Crc32C(state, one);
        }

        return ~state;
    }

    private static uint ThreeLanes(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> first = bytes[..LaneBytes];
        ReadOnlySpan<byte> second = bytes.Slice(LaneBytes, LaneBytes);
        ReadOnlySpan<byte> third = bytes.Slice(2 * LaneBytes, LaneBytes);
        uint a = state;
        uint b = 0;
        uint c = 0;
        for (int at = 0; at < LaneBytes; at += sizeof(ulong))
        {
            a = BitOperations.Crc32C(a, BinaryPrimitives.ReadUInt64LittleEndian(first[at..]));
            b = BitOperations.Crc32C(b, BinaryPrimitives.ReadUInt64LittleEndian(second[at..]));
            c = BitOperations.Crc32C(c, BinaryPrimitives.ReadUInt64LittleEndian(third[at..]));
        }

        return LaneShiftTable.Shift(LaneShift, LaneShiftTable.Shift(LaneShift, a) ^ b) ^ c;
    }

    /// <summary>Advances a CRC state over a fixed number of zero bytes: a linear map over GF(2), as four tables of 256.</summary>
    private static class LaneShiftTable
    {
        public static uint[] Build(int zeroBytes)
        {
            Span<uint> column = stackalloc uint[32];
            for (int bit = 0; bit < 32; bit++)
            {
                uint state = 1u << bit;
                for (int i = 0; i < zeroBytes / sizeof(ulong); i++)
                {
                    state = BitOperations.Crc32C(state, 0UL);
                }

                column[bit] = state;
            }

            uint[] table = new uint[4 * 256];
            for (int i = 0; i < table.Length; i++)
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    table[i] ^= ((i >> bit) & 1) == 0 ? 0 : column[((i >> 8) * 8) + bit];
                }
            }

            return table;
        }

        public static uint Shift(uint[] table, uint state) =>
            table[state & 0xFF] ^ table[256 + ((state >> 8) & 0xFF)] ^ table[512 + ((state >> 16) & 0xFF)] ^ table[768 + (state >> 24)];
    }
}
