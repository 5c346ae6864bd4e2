namespace Broker.Server.Network;

/// <summary>
/// Bounds the produces that are dispatched at once, each of which may block its thread in a write, and keeps the thread pool larger than their number:
/// otherwise appends to a stalled disk would take the last thread from heartbeats. The pool is the process's, so it is only ever made larger than
/// it was, and set back when the appends are over.
/// </summary>
internal sealed class AppendGate(int most) : IDisposable
{
    /// <summary>Threads left for everything else while so many appends block.</summary>
    private static readonly int Spare = Environment.ProcessorCount;

    private readonly SemaphoreSlim _room = new(most);
    private readonly Lock _lock = new();
    private int _inside;
    private int _enlargedTo;
    private int _original;

    /// <summary>Completes when one more may block. Each is followed by a <see cref="Leave"/>.</summary>
    /// <param name="beforeWaiting">Called if it has to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public ValueTask Enter(Action beforeWaiting, CancellationToken cancellation)
    {
#pragma warning disable VSTHRD103 // With no time to wait it does not block.
        if (!_room.Wait(0, CancellationToken.None)) return EnterLater(beforeWaiting, cancellation);
#pragma warning restore VSTHRD103
        Count();
        return ValueTask.CompletedTask;
    }

    public void Leave()
    {
        Interlocked.Decrement(ref _inside);
        _room.Release();
    }

    /// <summary>Gives the pool its size back once no append is inside. Called now and then.</summary>
    public void Settle()
    {
        if (Volatile.Read(ref _inside) > 0 || Volatile.Read(ref _enlargedTo) == 0) return;
        lock (_lock)
        {
            ThreadPool.GetMinThreads(out int workers, out int ports);
            if (workers == _enlargedTo) ThreadPool.SetMinThreads(_original, ports);
            _enlargedTo = 0;
        }
    }

    public void Dispose()
    {
        Settle();
        _room.Dispose();
    }

    private async ValueTask EnterLater(Action beforeWaiting, CancellationToken cancellation)
    {
        beforeWaiting();
        await _room.WaitAsync(cancellation);
        Count();
    }

    private void Count()
    {
        int inside = Interlocked.Increment(ref _inside);
        if (inside + Spare > Volatile.Read(ref _enlargedTo)) Enlarge(inside + Spare);
    }

    private void Enlarge(int needed)
    {
        lock (_lock)
        {
            ThreadPool.GetMinThreads(out int workers, out int ports);
            if (_enlargedTo == 0) _original = workers;
            if (workers < needed) ThreadPool.SetMinThreads(needed, ports);
            _enlargedTo = Math.Max(workers, needed);
        }
    }
}
