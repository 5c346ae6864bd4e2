namespace Game.Detector.Arithmetic;

/// <summary>Median and median absolute deviation of at most 30 numbers, exact.</summary>
/// <param name="Count">How many numbers there were.</param>
/// <param name="Median">The middle one, or the mean of the two middle ones rounded down.</param>
/// <param name="Deviation">The median of the distances from <paramref name="Median"/>.</param>
internal readonly record struct RobustRange(int Count, int Median, int Deviation)
{
    /// <summary>1 / Φ⁻¹(3/4): makes the deviation of normally distributed numbers their standard deviation.</summary>
    private const double NormalScale = 1.4826;

    /// <summary>Sorts <paramref name="values"/> in place and then overwrites them.</summary>
    public static RobustRange Of(Span<int> values)
    {
        if (values.IsEmpty)
        {
            return default;
        }
        Sort(values);
        int median = Middle(values);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Math.Abs(values[i] - median);
        }
        Sort(values);
        return new(values.Length, median, Middle(values));
    }

    /// <summary>How many scales <paramref name="value"/> lies above the median; a scale is never below <paramref name="floor"/>.</summary>
    public double ScalesAbove(int value, int floor) => (value - Median) / Math.Max(Deviation * NormalScale, floor);

    private static int Middle(ReadOnlySpan<int> sorted)
    {
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    // Insertion sort: the fastest for 30 numbers.
    private static void Sort(Span<int> values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            int value = values[i];
            int at = i;
            while (at > 0 && values[at - 1] > value)
            {
                values[at] = values[at - 1];
                at--;
            }

            values[at] = value;
        }
    }
}
