using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Broker.Server.Network;

/// <summary>
/// Where connections wait for their sockets, over one thread that learns from the system which are ready (<see cref="LinuxEpoll"/>). The framework's own way wakes two
/// threads of the pool for each event, and for every full socket that drains, whether anybody waits for it or not (docs/performance.md). Any thread may call.
/// </summary>
internal sealed class SocketWaits : IDisposable
{
    private const int EventsAtOnce = 64;

    [ThreadStatic]
    private static bool s_isShared;

    private readonly ConcurrentDictionary<long, Signal> _waiting = new();
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly uint _event;
    private readonly bool _onItsThread;
    private LinuxEpoll? _epoll;
    private long _lastId;
    private bool _disposed;

    private SocketWaits(string name, uint awaited, bool onItsThread)
    {
        _name = name;
        _event = awaited;
        _onItsThread = onItsThread;
    }

    /// <summary>Whether the calling thread is one that other connections wait for: whatever may take long has to leave it.</summary>
    public static bool IsSharedThread => s_isShared;

    /// <summary>Waits for bytes to read, or the peer's end. Who has waited goes on in the pool.</summary>
    public static SocketWaits ForReading() => new("readable sockets", LinuxEpoll.Readable, onItsThread: false);

    /// <summary>Waits for room in full sockets. Who has waited goes on sending on the very thread that has learnt of it, which costs no further change of threads.</summary>
    public static SocketWaits ForWriting() => new("drained sockets", LinuxEpoll.Writable, onItsThread: true);

    /// <summary>A name for a connection in the calls below.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Completes when the socket is ready or has failed, or at <see cref="Forget"/>. One at a time for each id.</summary>
    /// <exception cref="ObjectDisposedException">The socket has been closed, or this.</exception>
    /// <exception cref="IOException">The system has no room for another one.</exception>
    public ValueTask Wait(long id, SafeHandle socket)
    {
        Signal signal = _waiting.GetOrAdd(id, static (_, onItsThread) => new Signal(runsInSet: onItsThread), _onItsThread);
        try
        {
            Started().Ask(socket, _event, id);
            return signal.Wait();
        }
        catch
        {
            _waiting.TryRemove(id, out _);
            throw;
        }
    }

    /// <summary>For a connection that has closed its socket, after that: of a closed socket the system tells nothing.</summary>
    public void Forget(long id)
    {
        if (_waiting.TryRemove(id, out Signal? signal)) ThreadPool.UnsafeQueueUserWorkItem(static s => s.Set(), signal, preferLocal: false);
    }

    /// <summary>Ends the thread. Who still waits goes on, and whoever waits again is refused.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed) _epoll?.End();
            _disposed = true;
        }
    }

    private LinuxEpoll Started()
    {
        if (Volatile.Read(ref _epoll) is { } started) return started;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_epoll is null)
            {
                var epoll = new LinuxEpoll();
                new Thread(Run) { IsBackground = true, Name = _name }.Start(epoll);
                Volatile.Write(ref _epoll, epoll);
            }

            return _epoll;
        }
    }

    private void Run(object? epoll)
    {
        s_isShared = true;
        var events = (LinuxEpoll)epoll!;
        Span<long> ids = stackalloc long[EventsAtOnce];
        for (int count; (count = events.Next(ids)) >= 0;)
        {
            foreach (long id in ids[..count])
            {
                if (_waiting.TryGetValue(id, out Signal? signal)) signal.Set();
            }
        }

        // From here on nobody can ask any more, and who has asked before is among these.
        events.Dispose();
        foreach (long id in _waiting.Keys) Forget(id);
    }
}
