using Broker.Server.Partitions;
using Broker.Server.Time;
using Broker.Storage;

namespace Broker.Server.Apis.Fetching;

/// <summary>A fetch that waits for enough bytes, for anything it must be answered for at once, or for its time. Completes once.</summary>
internal sealed class WaitingFetch : IPartitionWaiter, ITimeout
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly FetchItem[] _items;
    private readonly WaiterPlace?[] _places;
    private readonly LogPlace[]? _from;
    private readonly long[] _available;
    private readonly int _minBytes;
    private long _sum;
    private TimerHandle? _timer;
    private CancellationTokenRegistration _closed;
    private int _done;

    private WaitingFetch(FetchItem[] items, int minBytes)
    {
        _items = items;
        _places = new WaiterPlace?[items.Length];
        _available = new long[items.Length];
        _minBytes = minBytes;
        _from = minBytes > 1 ? Array.ConvertAll(items, PlaceOf) : null;
    }

    /// <summary>Completes when the fetch should be answered with what is there. May read the disk before it returns, never afterwards.</summary>
    /// <param name="items">All resolved.</param>
    /// <param name="minBytes">Over all partitions.</param>
    /// <param name="maxWait">Then it completes anyway.</param>
    /// <param name="wheel">For the time-out.</param>
    /// <param name="closed">Nobody waits for the answer any more.</param>
    public static Task Start(FetchItem[] items, int minBytes, TimeSpan maxWait, TimingWheel wheel, CancellationToken closed)
    {
        WaitingFetch waiting = new(items, minBytes);
        waiting._timer = wheel.Schedule(maxWait, waiting);
        for (int i = 0; i < items.Length; i++)
        {
            waiting._places[i] = items[i].Partition?.Waiters.Add(waiting, i);
        }

        // What changed before a place was taken is seen by looking now.
        for (int i = 0; i < items.Length && !waiting.IsDone; i++)
        {
            waiting.OnPartitionChanged(i);
        }

        waiting._closed = closed.UnsafeRegister(static state => ((WaitingFetch)state!).Complete(), waiting);
        if (waiting.IsDone)
        {
            waiting.Leave(); // it completed while places were still being taken
        }

        return waiting._ready.Task;
    }

    private bool IsDone => Volatile.Read(ref _done) != 0;

    public void OnPartitionChanged(int tag)
    {
        if (IsDone)
        {
            return;
        }

        FetchItem item = _items[tag];
        long available = item.Partition?.Available(item.Query, _minBytes, _from?[tag] ?? LogPlace.Unknown) ?? -1;
        if (available < 0 || Note(tag, available) >= _minBytes)
        {
            Complete();
        }
    }

    public void OnTimeout() => Complete();

    private static LogPlace PlaceOf(FetchItem item)
    {
        try
        {
            return item.Partition?.Log?.PlaceOf(item.Query.Offset) ?? LogPlace.Unknown;
        }
        catch (IOException)
        {
            // The fetch is answered at once, and its reading says what is wrong.
            return LogPlace.Unknown;
        }
    }

    private long Note(int tag, long available)
    {
        lock (_lock)
        {
            _sum += available - _available[tag];
            _available[tag] = available;
            return _sum;
        }
    }

    private void Complete()
    {
        if (Interlocked.Exchange(ref _done, 1) == 0)
        {
            Leave();
            _ready.SetResult();
        }
    }

    private void Leave()
    {
        _timer?.Cancel();
        _closed.Unregister();
        foreach (WaiterPlace? place in _places)
        {
            place?.Leave();
        }
    }
}
