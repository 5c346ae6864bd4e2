namespace Game.Analysis.Backtest;

/// <summary>A share or a rate over all worlds, and between which values it lies with 95 % confidence, because each world is another.</summary>
internal readonly record struct Interval(double Value, double Low, double High)
{
    private const int Resamples = 1_000;
    private const int Seed = 1;

    /// <summary>The ratio of two sums over the worlds. Its interval comes from drawing as many worlds from these, with repetition, a thousand times.</summary>
    /// <param name="worlds">The counts of each world; null overall where the second sum is 0.</param>
    public static Interval? OfRatio(IReadOnlyList<(double Part, double Whole)> worlds)
    {
        double whole = worlds.Sum(world => world.Whole);
        if (whole == 0)
        {
            return null;
        }
        Random random = new(Seed);
        double[] drawn = [.. Enumerable.Range(0, Resamples).Select(_ => Resampled(worlds, random)).Where(double.IsFinite).Order()];
        return new Interval(worlds.Sum(world => world.Part) / whole, drawn[(int)(0.025 * (drawn.Length - 1))], drawn[(int)(0.975 * (drawn.Length - 1))]);
    }

    private static double Resampled(IReadOnlyList<(double Part, double Whole)> worlds, Random random)
    {
        (double part, double whole) = (0, 0);
        for (int i = 0; i < worlds.Count; i++)
        {
            (double Part, double Whole) world = worlds[random.Next(worlds.Count)];
            (part, whole) = (part + world.Part, whole + world.Whole);
        }
        return part / whole;
    }
}
