using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Broker.Server.Network;

/// <summary>
/// Where connections wait for their sockets. A few threads ask the system which sockets are ready (<see cref="LinuxEpoll"/>); the thread that receives an event
/// runs the connection's continuation itself. The framework's own sockets wake three threads for each event, and for every full socket that drains, even when
/// no connection waits for it (docs/decisions/transport.md). Any thread may call.
/// </summary>
internal sealed class SocketWaits : IDisposable
{
    [ThreadStatic]
    private static bool _isShared;

    private readonly ConcurrentDictionary<long, Signal> _waiting = new();
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly uint _event;
    private readonly int _threads;
    private readonly bool _mayBlock;
    private LinuxEpoll? _epoll;
    private int _running;
    private int _busy;
    private long _lastId;
    private bool _disposed;

    private SocketWaits(string name, uint awaited, int threads, bool mayBlock)
    {
        _name = name;
        _event = awaited;
        _threads = threads;
        _mayBlock = mayBlock;
    }

    /// <summary>Whether other connections depend on the calling thread: work that may take long must move to another thread.</summary>
    public static bool IsSharedThread => _isShared;

    /// <summary>
    /// Waits for bytes to read, or for the peer's disconnection. A continuation may block: one thread always stays free to wait for events, and runs
    /// continuations in the thread pool while all other threads are busy.
    /// </summary>
    public static SocketWaits ForReading() => new("readable sockets", LinuxEpoll.Readable, Environment.ProcessorCount + 1, mayBlock: true);

    /// <summary>
    /// Waits for room in full sockets, on one thread. A continuation must not block: it sends what the socket has room for and waits again, and moves to
    /// another thread for anything else.
    /// </summary>
    public static SocketWaits ForWriting() => new("drained sockets", LinuxEpoll.Writable, threads: 1, mayBlock: false);

    /// <summary>Returns a new id for a connection, for the calls below.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Completes when the socket is ready or has failed, or at <see cref="EndWait"/>. One wait at a time for each id.</summary>
    /// <exception cref="ObjectDisposedException">The socket has been closed, or this object has been disposed of.</exception>
    /// <exception cref="IOException">The system cannot watch another socket.</exception>
    public ValueTask Wait(long id, SafeHandle socket)
    {
        Signal signal = _waiting.GetOrAdd(id, static _ => new Signal());
        try
        {
            StartedEpoll().Watch(socket, _event, id);
            return signal.Wait();
        }
        catch
        {
            // The connection may have ended its wait before this one was added; then nobody else removes it.
            _waiting.TryRemove(id, out _);
            throw;
        }
    }

    /// <summary>Ends the wait of a connection that has closed its socket: the system reports no event for a closed socket.</summary>
    public void EndWait(long id)
    {
        if (_waiting.TryRemove(id, out Signal? signal))
        {
            SetInPool(signal);
        }
    }

    /// <summary>Ends the threads. Pending waits complete; a later wait throws.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _epoll?.Stop();
            }
            _disposed = true;
        }
    }

    private LinuxEpoll StartedEpoll()
    {
        if (Volatile.Read(ref _epoll) is { } started)
        {
            return started;
        }
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_epoll is null)
            {
                LinuxEpoll epoll = new();
                for (_running = 0; _running < _threads; _running++)
                {
                    new Thread(Run) { IsBackground = true, Name = _name }.Start(epoll);
                }
                Volatile.Write(ref _epoll, epoll);
            }

            return _epoll;
        }
    }

    private void Run(object? epoll)
    {
        _isShared = !_mayBlock;
        LinuxEpoll events = (LinuxEpoll)epoll!;
        while (events.WaitForEvent() is { } id)
        {
            if (!_waiting.TryGetValue(id, out Signal? signal))
            {
                continue;
            }
            if (_mayBlock)
            {
                SetUnlessAllAreBusy(signal);
            }
            else
            {
                signal.Set();
            }
        }

        if (Interlocked.Decrement(ref _running) > 0)
        {
            return;
        }
        // No wait can begin any more; these are all that are pending.
        events.Dispose();
        foreach (long id in _waiting.Keys)
        {
            EndWait(id);
        }
    }

    private void SetUnlessAllAreBusy(Signal signal)
    {
        if (Interlocked.Increment(ref _busy) < _threads)
        {
            signal.Set();
        }
        else
        {
            SetInPool(signal);
        }
        Interlocked.Decrement(ref _busy);
    }

    private static void SetInPool(Signal signal) => ThreadPool.UnsafeQueueUserWorkItem(static s => s.Set(), signal, preferLocal: false);
}
