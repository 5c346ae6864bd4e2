namespace Broker.Server.Partitions;

/// <summary>
/// Bounds the appends to one log directory at once, each of which may block its thread in a write: a stalled directory blocks only its own appends. Any thread.
/// </summary>
internal sealed class AppendGate
{
    /// <summary>
    /// At least as many as there are cores, and few enough that the appends to a stalled disk do not delay heartbeats for long: the thread pool begins with a
    /// thread a core and adds one every half second while all of them are blocked.
    /// </summary>
    public static readonly int MaxAppends = Math.Max(4, Environment.ProcessorCount);

    private readonly SemaphoreSlim _room = new(MaxAppends);

    /// <summary>Completes when one more append may begin; at once, and without an allocation, where there is room.</summary>
    public Task Enter(CancellationToken cancellation) => _room.WaitAsync(cancellation);

    /// <summary>The append is done. Called once for each <see cref="Enter"/> that has completed.</summary>
    public void Leave() => _room.Release();
}
