using System.Buffers.Binary;

namespace Game.Detector.Arithmetic;

/// <summary>
/// A 64-bit hash that is the same in every process and on every machine, because windows that another process rebuilds must equal the former ones. It mixes
/// eight bytes at a time by multiplications and shifts (with the constants of MurmurHash3's finalizer). It is never 0, which marks a free slot.
/// </summary>
internal static class StableHash
{
    private const ulong First = 0xff51afd7ed558ccd;
    private const ulong Second = 0xc4ceb9fe1a85ec53;

    public static ulong Of(ReadOnlySpan<byte> text)
    {
        ulong hash = (ulong)text.Length * Second;
        while (text.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[sizeof(ulong)..];
        }

        ulong rest = 0;
        for (int i = 0; i < text.Length; i++)
        {
            rest |= (ulong)text[i] << 8 * i;
        }
        return NeverZero(Mix(hash ^ rest));
    }

    public static ulong Of(UInt128 number, bool flag) => NeverZero(Mix(Mix((ulong)number ^ (flag ? First : Second)) ^ (ulong)(number >> 64)));

    public static ulong Of(ulong first, ulong second) => NeverZero(Mix(Mix(first) ^ second));

    public static ulong Of(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes);
        return Of(bytes);
    }

    private static ulong NeverZero(ulong hash) => hash == 0 ? 1 : hash;

    private static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= First;
        value ^= value >> 29;
        value *= Second;
        return value ^ value >> 32;
    }
}
