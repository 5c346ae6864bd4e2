using System.Diagnostics;

namespace Running;

/// <summary>Waits for a state that no event reports, by polling.</summary>
public static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <exception cref="TimeoutException">It does not hold after the time.</exception>
    public static Task HoldsAsync(string what, TimeSpan timeout, Func<bool> holds) => HoldsAsync(what, timeout, () => Task.FromResult(holds()));

    /// <inheritdoc cref="HoldsAsync(string, TimeSpan, Func{bool})"/>
    public static async Task HoldsAsync(string what, TimeSpan timeout, Func<Task<bool>> holds)
    {
        long start = Stopwatch.GetTimestamp();
        using PeriodicTimer tick = new(Interval);
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(start) > timeout)
            {
                throw new TimeoutException($"After {timeout.TotalSeconds:F0} s this does not hold: {what}");
            }
            await tick.WaitForNextTickAsync();
        }
    }
}
