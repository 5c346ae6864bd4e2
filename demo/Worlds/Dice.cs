namespace Game.Worlds;

/// <summary>The simulator's only source of chance: the same seed gives the same world.</summary>
public sealed class Dice(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>Dice for one purpose in the world of a number: unlike those of the next number and of another purpose.</summary>
    public static Dice For(int world, string purpose)
    {
        ulong mixed = (ulong)(uint)world;
        foreach (char c in purpose)
        {
            // A step of SplitMix64, so that neighbouring numbers have nothing in common.
            mixed = (mixed ^ c) + 0x9E3779B97F4A7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            mixed ^= mixed >> 31;
        }
        return new Dice((int)mixed);
    }

    public double Share() => _random.NextDouble();

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public int Below(int bound) => _random.Next(bound);

    public uint Bits() => (uint)_random.NextInt64(1L << 32);

    public double Between(double low, double high) => low + (high - low) * _random.NextDouble();

    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    /// <summary>Standard normal, by Box and Muller.</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    /// <summary>Log-normal with the given median.</summary>
    public double LogNormal(double median, double sigma) => median * Math.Exp(sigma * Normal());

    /// <summary>A UUIDv7 of the given instant whose random part comes from the seed.</summary>
    public Guid Key(long epochMs)
    {
        Span<byte> bytes = stackalloc byte[16];
        _random.NextBytes(bytes);
        for (int i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(epochMs >> (40 - 8 * i));
        }
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        bytes[15] &= 0xFE; // the last bit names the side of the events made from the key
        return new Guid(bytes, bigEndian: true);
    }
}
