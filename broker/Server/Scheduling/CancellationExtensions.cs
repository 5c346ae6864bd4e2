namespace Broker.Server.Scheduling;

/// <summary>Cancellation on the caller's own thread.</summary>
internal static class CancellationExtensions
{
    /// <summary>
    /// Cancels, and runs what waits for it before the call returns: <see cref="CancellationTokenSource.CancelAsync"/> would run it on the pool, where a
    /// simulation does not see it. What waits must not block.
    /// </summary>
    public static void CancelHere(this CancellationTokenSource source) => source.Cancel();
}
