using System.Runtime.CompilerServices;
using Game.Detector.Arithmetic;

namespace Game.Detector.Windows;

/// <summary>
/// How often amounts of each power of two occurred: bucket 0 counts zeros, bucket b amounts in [2^(b−1), 2^b). 55 bytes: when a count would overflow, all are
/// halved, which keeps their proportions.
/// </summary>
internal struct Log2Histogram
{
    /// <summary>Zero, and 2^0 to 2^53, the contract's largest amount.</summary>
    public const int Buckets = 55;

    private Counts _counts;

    [InlineArray(Buckets)]
    private struct Counts
    {
        private byte _first;
    }

    public readonly int Total
    {
        get
        {
            int total = 0;
            for (int i = 0; i < Buckets; i++)
            {
                total += _counts[i];
            }
            return total;
        }
    }

    public static int BucketOf(long amount) => Math.Min(FixedLog2.Of(amount) >> FixedLog2.FractionBits, Buckets - 1);

    public void Add(long amount)
    {
        int bucket = BucketOf(amount);
        if (_counts[bucket] == byte.MaxValue)
        {
            Halve(1);
        }
        _counts[bucket]++;
    }

    public void Halve(int times)
    {
        for (int i = 0; i < Buckets; i++)
        {
            _counts[i] = (byte)(_counts[i] >> times);
        }
    }

    /// <summary>
    /// The upper edge, in <see cref="FixedLog2"/> units, of the first bucket below which at least <paramref name="percent"/> of the amounts lie; 0 when empty.
    /// </summary>
    public readonly int UpperEdge(int percent)
    {
        int needed = Total * percent;
        int below = 0;
        for (int bucket = 0; bucket < Buckets; bucket++)
        {
            below += _counts[bucket] * 100;
            if (below >= needed && below > 0)
            {
                return bucket + 1 << FixedLog2.FractionBits;
            }
        }

        return 0;
    }
}
