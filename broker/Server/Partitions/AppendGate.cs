using Broker.Server.Scheduling;

namespace Broker.Server.Partitions;

/// <summary>
/// Limits how many appends to one log directory run at once. Each append may block its thread in a write; with this limit a directory whose disk stalls blocks
/// only a few threads. Any thread.
/// </summary>
/// <param name="processors">How many cores the process has.</param>
internal sealed class AppendGate(int processors)
{
    private readonly Turns _permits = new(MaxAppends(processors));

    /// <summary>
    /// At least as many as there are cores, and few enough that the appends to a stalled disk do not delay heartbeats for long: the thread pool begins with a
    /// thread a core and adds one every half second while all of them are blocked.
    /// </summary>
    public static int MaxAppends(int processors) => Math.Max(4, processors);

    /// <summary>Acquires a permit for one append. Completes at once, and without an allocation, where a permit is free.</summary>
    public Task Enter(CancellationToken cancellation) => _permits.Enter(cancellation);

    /// <summary>Releases the permit when the append has ended. Called once for each <see cref="Enter"/> that has completed.</summary>
    public void Leave() => _permits.Leave();
}
