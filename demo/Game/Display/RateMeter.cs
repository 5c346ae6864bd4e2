namespace Game.Cli.Display;

/// <summary>How fast a count grows, over about the last second. For one thread.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private long _count;
    private long _since = time.GetTimestamp();
    private double _rate;

    /// <param name="count">The count now.</param>
    /// <returns>Per second.</returns>
    public double Of(long count)
    {
        TimeSpan elapsed = time.GetElapsedTime(_since);
        if (elapsed >= Window)
        {
            _rate = (count - _count) / elapsed.TotalSeconds;
            (_count, _since) = (count, time.GetTimestamp());
        }

        return _rate;
    }
}
