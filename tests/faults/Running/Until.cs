using System.Diagnostics;

namespace Faults.Tests.Running;

/// <summary>Waits for a phase.</summary>
internal static class Until
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    /// <summary>Looks until it holds; after <paramref name="timeout"/> the test fails and says what did not come.</summary>
    public static async Task HoldsAsync(string what, TimeSpan timeout, Func<Task<bool>> holds)
    {
        long start = Stopwatch.GetTimestamp();
        using var tick = new PeriodicTimer(Look);
        while (!await holds())
        {
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(timeout, $"waited in vain for: {what}");
            await tick.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <inheritdoc cref="HoldsAsync(string, TimeSpan, Func{Task{bool}})"/>
    public static Task HoldsAsync(string what, TimeSpan timeout, Func<bool> holds) => HoldsAsync(what, timeout, () => Task.FromResult(holds()));
}
