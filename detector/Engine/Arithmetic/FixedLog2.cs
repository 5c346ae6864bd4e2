using System.Numerics;

namespace Game.Detector.Arithmetic;

/// <summary>
/// Binary logarithm in integers: 256 steps an octave, the mantissa taken linearly between powers of two (never more than 0.09 octaves below the true value,
/// strictly monotone). Amounts of a game spread over many orders of magnitude, so ranges are measured in octaves.
/// </summary>
internal static class FixedLog2
{
    public const int FractionBits = 8;

    public const int OneOctave = 1 << FractionBits;

    /// <summary>256 × (1 + log2 |amount|), and 0 for 0; so an amount of 2^b is at the lower edge of bucket b + 1.</summary>
    public static int Of(long amount)
    {
        ulong magnitude = Magnitude(amount);
        if (magnitude == 0)
        {
            return 0;
        }
        int exponent = BitOperations.Log2(magnitude);
        ulong mantissa = magnitude ^ (1UL << exponent);
        int fraction = exponent >= FractionBits ? (int)(mantissa >> (exponent - FractionBits)) : (int)(mantissa << (FractionBits - exponent));
        return (exponent + 1 << FractionBits) + fraction;
    }

    private static ulong Magnitude(long amount) => amount < 0 ? (ulong)-amount : (ulong)amount;
}
