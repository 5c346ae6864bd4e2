namespace Broker.Server.Scheduling;

/// <summary>
/// Runs work that may wait for a disk (searches by time, index look-ups in old segments) on a few threads of its own, so that it blocks neither a connection
/// nor the pool. Threads start when needed and end when idle. Any thread may call.
/// </summary>
internal sealed class BlockingThreads(int maxThreads) : IBlockingWork
{
    /// <summary>
    /// How long a thread without work waits before it ends; the queue is bounded by the connections, each of which has one such request at a time.
    /// </summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly object _lock = new();
    private readonly Queue<Action> _waiting = new();
    private int _threads;
    private int _idle;
    private bool _disposed;

    public Task<T> Run<T>(Func<T> work)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _waiting.Enqueue(() => Complete(work, result));
            if (_waiting.Count <= _idle)
            {
                // There are enough idle threads, also for the work whose thread is woken but has not run yet.
                Monitor.Pulse(_lock);
            }
            else if (_threads < maxThreads)
            {
                _threads++;
                new Thread(Work) { IsBackground = true, Name = "disk" }.Start();
            }
        }

        return result.Task;
    }

    /// <summary>Ends the threads once the queued work is done.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Monitor.PulseAll(_lock);
        }
    }

    private static void Complete<T>(Func<T> work, TaskCompletionSource<T> result)
    {
        try
        {
            result.SetResult(work());
        }
#pragma warning disable CA1031 // The top of a thread's loop: the caller gets the failure.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            result.SetException(failure);
        }
    }

    private void Work()
    {
        while (Next() is { } work)
        {
            work();
        }
    }

    private Action? Next()
    {
        lock (_lock)
        {
            bool woken = true;
            while (_waiting.Count == 0 && !_disposed && woken)
            {
                _idle++;
                woken = Monitor.Wait(_lock, IdleTime);
                _idle--;
            }

            if (_waiting.TryDequeue(out Action? work))
            {
                return work;
            }

            _threads--;
            return null;
        }
    }
}
