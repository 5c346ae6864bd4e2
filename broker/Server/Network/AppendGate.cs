using System.Numerics;

namespace Broker.Server.Network;

/// <summary>
/// Bounds the produces that are dispatched at once, each of which may block its thread in a write, and keeps the thread pool larger than the number of
/// those that do: otherwise appends to a stalled disk would take the last thread from heartbeats. A thread of its own looks at them while there are any,
/// because everything else could be stuck behind them. The pool is the process's: several gates of one process each see to their own.
/// </summary>
internal sealed class AppendGate : IDisposable
{
    /// <summary>As many as there are bits to say which places are taken.</summary>
    public const int Places = 64;

    /// <summary>An append into the page cache takes some tens of microseconds; after this it counts as blocked.</summary>
    private static readonly TimeSpan BlockedAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Rounds without an append after which the looking ends until the next one.</summary>
    private const int QuietRounds = 50;

    private readonly SemaphoreSlim _room = new(Places);
    private readonly long[] _enteredAt = new long[Places];
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _awake = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly int _usualThreads;
    private ulong _taken;
    private int _watchers;

    public AppendGate(TimeProvider time)
    {
        _time = time;
        ThreadPool.GetMinThreads(out _usualThreads, out _);
    }

    /// <summary>Completes when one more may block, with its place, which <see cref="Leave"/> gives back.</summary>
    /// <param name="beforeWaiting">Called if it has to wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public ValueTask<int> Enter(Action beforeWaiting, CancellationToken cancellation)
    {
#pragma warning disable VSTHRD103 // With no time to wait it does not block.
        return _room.Wait(0, CancellationToken.None) ? new ValueTask<int>(Take()) : EnterLater(beforeWaiting, cancellation);
#pragma warning restore VSTHRD103
    }

    public void Leave(int place)
    {
        Volatile.Write(ref _enteredAt[place], 0);
        Interlocked.And(ref _taken, ~(1UL << place));
        _room.Release();
    }

    /// <summary>The watching ends; no append may be inside.</summary>
    public void Dispose()
    {
        _ended.Set();
        _awake.Set();
    }

    private async ValueTask<int> EnterLater(Action beforeWaiting, CancellationToken cancellation)
    {
        beforeWaiting();
        await _room.WaitAsync(cancellation);
        return Take();
    }

    /// <summary>There is a free place: the semaphore has counted.</summary>
    private int Take()
    {
        ulong seen = Volatile.Read(ref _taken);
        while (true)
        {
            int place = BitOperations.TrailingZeroCount(~seen);
            ulong before = Interlocked.CompareExchange(ref _taken, seen | (1UL << place), seen);
            if (before == seen)
            {
                Volatile.Write(ref _enteredAt[place], _time.GetTimestamp());
                Watch();
                return place;
            }

            seen = before;
        }
    }

    private void Watch()
    {
        if (!_awake.IsSet) _awake.Set();
        if (_watchers == 0 && Interlocked.CompareExchange(ref _watchers, 1, 0) == 0) new Thread(WatchAll) { IsBackground = true, Name = "append watch" }.Start();
    }

    private void WatchAll()
    {
        int quiet = 0;
        int raisedFor = 0;
        while (!_ended.Wait(BlockedAfter))
        {
            int blocked = CountBlocked();
            if (blocked > 0 || raisedFor > 0) Adjust(blocked);
            raisedFor = blocked;
            quiet = Volatile.Read(ref _taken) == 0 ? quiet + 1 : 0;
            if (quiet < QuietRounds) continue;
            quiet = 0;
            _awake.Reset();
            if (Volatile.Read(ref _taken) == 0) _awake.Wait();
        }

        if (raisedFor > 0) Adjust(blocked: 0);
        _ended.Dispose();
        _awake.Dispose();
        _room.Dispose();
    }

    private int CountBlocked()
    {
        long now = _time.GetTimestamp();
        int blocked = 0;
        for (int place = 0; place < Places; place++)
        {
            if (Volatile.Read(ref _enteredAt[place]) is var since and not 0 && _time.GetElapsedTime(since, now) >= BlockedAfter) blocked++;
        }

        return blocked;
    }

    /// <summary>Another gate may have changed it meanwhile, and will again if it needs to.</summary>
    private void Adjust(int blocked)
    {
        ThreadPool.GetMinThreads(out int workers, out int ports);
        int wanted = _usualThreads + blocked;
        if (workers < wanted || blocked == 0) ThreadPool.SetMinThreads(wanted, ports);
    }
}
