namespace Broker.Server.Network;

/// <summary>
/// Reads records that may have to come from the disk, on a few threads of its own: .NET's asynchronous file reads block threads of the pool,
/// and a slow disk would then hold up heartbeats. Threads start when needed and end when idle.
/// </summary>
internal sealed class ColdReads(int maxThreads) : IDisposable
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly object _lock = new();
    private readonly Queue<Request> _requests = new();
    private int _threads;
    private int _idle;
    private bool _disposed;

    /// <summary>Reads as <see cref="StreamedRecords.ReadAt"/> does, without blocking the caller.</summary>
    public Task<int> Read(StreamedRecords records, int position, Memory<byte> destination)
    {
        var request = new Request(records, position, destination);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _requests.Enqueue(request);
            if (_idle > 0) Monitor.Pulse(_lock);
            else if (_threads < maxThreads) StartThread();
        }

        return request.Result.Task;
    }

    /// <summary>Lets the threads end when the waiting reads are done.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void StartThread()
    {
        _threads++;
        new Thread(Work) { IsBackground = true, Name = "cold read" }.Start();
    }

    private void Work()
    {
        while (Next() is { } request) request.Serve();
    }

    private Request? Next()
    {
        lock (_lock)
        {
            _idle++;
            bool woken = true;
            while (_requests.Count == 0 && !_disposed && woken) woken = Monitor.Wait(_lock, IdleTime);
            _idle--;
            if (_requests.TryDequeue(out Request? request)) return request;
            _threads--;
            return null;
        }
    }

    private sealed record Request(StreamedRecords Records, int Position, Memory<byte> Destination)
    {
        public TaskCompletionSource<int> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Serve()
        {
            try
            {
                Result.SetResult(Records.ReadAt(Position, Destination.Span));
            }
#pragma warning disable CA1031 // The top of a thread's loop: whatever the read met belongs to the connection that asked, not to this thread.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Result.SetException(e);
            }
        }
    }
}
