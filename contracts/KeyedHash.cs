using System.Buffers.Binary;
using System.Numerics;

namespace Game.Contracts;

/// <summary>
/// SipHash-1-3 (Aumasson and Bernstein, 2012; the variant that Rust and Python use for their tables): a hash of short inputs under a secret key. A person who
/// does not know the key and never sees a hash cannot search for collisions. Thread-safe.
/// </summary>
public sealed class KeyedHash
{
    private const int FinalRounds = 3;

    private readonly ulong _k0;
    private readonly ulong _k1;

    /// <param name="key">Random, drawn once a process; a test gives a fixed one. Its low half is the paper's k0.</param>
    public KeyedHash(UInt128 key)
    {
        _k0 = (ulong)key;
        _k1 = (ulong)(key >> 64);
    }

    public ulong Of(ReadOnlySpan<byte> input)
    {
        ulong v0 = _k0 ^ 0x736f6d6570736575;
        ulong v1 = _k1 ^ 0x646f72616e646f6d;
        ulong v2 = _k0 ^ 0x6c7967656e657261;
        ulong v3 = _k1 ^ 0x7465646279746573;
        ulong last = (ulong)input.Length << 56;
        while (input.Length >= sizeof(ulong))
        {
            Compress(ref v0, ref v1, ref v2, ref v3, BinaryPrimitives.ReadUInt64LittleEndian(input));
            input = input[sizeof(ulong)..];
        }

        for (int i = 0; i < input.Length; i++)
        {
            last |= (ulong)input[i] << (8 * i);
        }

        Compress(ref v0, ref v1, ref v2, ref v3, last);
        v2 ^= 0xff;
        for (int round = 0; round < FinalRounds; round++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Compress(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3, ulong word)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
