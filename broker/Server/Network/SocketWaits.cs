using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Broker.Server.Network;

/// <summary>
/// Where connections wait for their sockets: threads ask the system which are ready (<see cref="LinuxEpoll"/>), and who has waited goes on right there. The
/// framework's own
/// way wakes three threads for each event, and for every full socket that drains, whether anybody waits for it or not (docs/decisions/transport.md). Any thread
/// may call.
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

    /// <summary>Whether the calling thread is one that other connections wait for: whatever may take long has to leave it.</summary>
    public static bool IsSharedThread => _isShared;

    /// <summary>
    /// Waits for bytes to read, or the peer's end. Who has waited may do what it likes: one thread stays free to ask, and gives what becomes ready while all
    /// others are
    /// at work to the pool.
    /// </summary>
    public static SocketWaits ForReading() => new("readable sockets", LinuxEpoll.Readable, Environment.ProcessorCount + 1, mayBlock: true);

    /// <summary>Waits for room in full sockets, on one thread: who has waited sends what the socket takes, waits again, and leaves it for anything
    /// else.</summary>
    public static SocketWaits ForWriting() => new("drained sockets", LinuxEpoll.Writable, threads: 1, mayBlock: false);

    /// <summary>A name for a connection in the calls below.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Completes when the socket is ready or has failed, or at <see cref="Forget"/>. One at a time for each id.</summary>
    /// <exception cref="ObjectDisposedException">The socket has been closed, or this.</exception>
    /// <exception cref="IOException">The system has no room for another one.</exception>
    public ValueTask Wait(long id, SafeHandle socket)
    {
        Signal signal = _waiting.GetOrAdd(id, static _ => new Signal());
        try
        {
            Started().Ask(socket, _event, id);
            return signal.Wait();
        }
        catch
        {
            // Whatever failed: the connection may have been forgotten before, and then nobody else takes it out.
            _waiting.TryRemove(id, out _);
            throw;
        }
    }

    /// <summary>For a connection that has closed its socket, after that: of a closed socket the system tells nothing.</summary>
    public void Forget(long id)
    {
        if (_waiting.TryRemove(id, out Signal? signal))
        {
            SetInPool(signal);
        }
    }

    /// <summary>Ends the threads. Who still waits goes on, and whoever waits again is refused.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _epoll?.End();
            }
            _disposed = true;
        }
    }

    private LinuxEpoll Started()
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
        while (events.Next() is { } id)
        {
            if (!_waiting.TryGetValue(id, out Signal? signal))
            {
                continue;
            }
            if (_mayBlock)
            {
                SetUnlessLast(signal);
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
        // From here on nobody can ask any more, and who has asked before is among these.
        events.Dispose();
        foreach (long id in _waiting.Keys)
        {
            Forget(id);
        }
    }

    private void SetUnlessLast(Signal signal)
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
