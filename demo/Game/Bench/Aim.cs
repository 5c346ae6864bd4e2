namespace Game.Cli.Bench;

/// <summary>What the ratio of our figure to the peer's is to be: at least or at most a bound.</summary>
internal sealed record Aim
{
    private readonly double _bound;
    private readonly bool _isLeast;

    private Aim(double bound, bool isLeast)
    {
        _bound = bound;
        _isLeast = isLeast;
    }

    public static Aim AtLeast(double ratio) => new(ratio, isLeast: true);

    public static Aim AtMost(double ratio) => new(ratio, isLeast: false);

    /// <summary>
    /// The aim and whether it is reached, e.g. "aim at least 3: reached". The ratio is rounded to two decimals, as the table shows it, before it is compared.
    /// </summary>
    public string Verdict(double ratio)
    {
        double shown = Math.Round(ratio, 2);
        return $"aim at {(_isLeast ? "least" : "most")} {_bound}: {((_isLeast ? shown >= _bound : shown <= _bound) ? "reached" : "missed")}";
    }
}
