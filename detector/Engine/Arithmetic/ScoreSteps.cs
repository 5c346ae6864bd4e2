namespace Game.Detector.Arithmetic;

/// <summary>Scores are multiples of 1/10,000 between 0 and 1: sums of the same weights in different orders give the same score.</summary>
internal static class ScoreSteps
{
    public const int PerUnit = 10_000;

    /// <summary>0 up to <paramref name="from"/>, 1 from <paramref name="to"/> on, linear between them.</summary>
    public static double Ramp(double value, double from, double to) => Math.Clamp((value - from) / (to - from), 0, 1);

    /// <summary>Limits a sum of weights to 0 to 1 and rounds it to a step.</summary>
    public static double Round(double sum) => Of(sum) / (double)PerUnit;

    /// <summary>The steps of a sum of weights, 0 to <see cref="PerUnit"/>.</summary>
    public static ushort Of(double sum) => (ushort)((Math.Clamp(sum, 0, 1) * PerUnit) + 0.5);
}
