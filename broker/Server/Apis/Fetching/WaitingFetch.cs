using Broker.Server.Time;

namespace Broker.Server.Apis.Fetching;

/// <summary>A fetch that waits for enough bytes, for anything it must be answered for at once, or for its time. Completes once.</summary>
internal sealed class WaitingFetch : ITimeout
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly FetchSession _session;
    private readonly int _minBytes;
    private long _sum;
    private TimerHandle? _timer;
    private CancellationTokenRegistration _clientEnded;
    private int _done;

    private WaitingFetch(FetchSession session, int minBytes) => (_session, _minBytes) = (session, minBytes);

    /// <summary>Completes when the fetch should be answered with what is there. May read the disk before it returns, never afterwards.</summary>
    /// <param name="session">Its partitions, all resolved, and given back by the reading that found too little.</param>
    /// <param name="minBytes">Over all partitions.</param>
    /// <param name="maxWait">Then it completes anyway.</param>
    /// <param name="wheel">For the time-out.</param>
    /// <param name="clientEnded">Nobody waits for the answer any more.</param>
    public static Task Start(FetchSession session, int minBytes, TimeSpan maxWait, TimingWheel wheel, CancellationToken clientEnded)
    {
        WaitingFetch waiting = new(session, minBytes);
        waiting._timer = wheel.Schedule(maxWait, waiting);
        if (session.BeginWait(waiting) is { } active)
        {
            waiting.LookAt(active);
        }
        else
        {
            waiting.Complete();
        }

        waiting._clientEnded = clientEnded.UnsafeRegister(static state => ((WaitingFetch)state!).Complete(), waiting);
        if (waiting.IsDone)
        {
            waiting.End(); // it completed before there was all of this to end
        }

        return waiting._ready.Task;
    }

    private bool IsDone => Volatile.Read(ref _done) != 0;

    /// <summary>A partition has changed. Any thread; touches no disk.</summary>
    public void Look(FetchEntry entry)
    {
        if (IsDone || entry.Target is not { IsResolved: true } target)
        {
            return;
        }

        long available = target.Available(_minBytes);
        if (available < 0 || Count(entry, available) >= _minBytes)
        {
            Complete();
        }
    }

    public void OnTimeout() => Complete();

    /// <summary>Any number of times.</summary>
    public void Complete()
    {
        if (Interlocked.Exchange(ref _done, 1) == 0)
        {
            End();
            _ready.SetResult();
        }
    }

    /// <summary>Looks at what is active, with the watch begun before, so that no change is missed.</summary>
    private void LookAt(FetchEntry[] active)
    {
        foreach (FetchEntry entry in active)
        {
            if (_minBytes > 1)
            {
                entry.Locate();
            }

            _session.Watch(entry);
            Look(entry);
            if (IsDone)
            {
                return;
            }
        }
    }

    private long Count(FetchEntry entry, long available)
    {
        lock (_lock)
        {
            _sum += available - entry.Counted;
            entry.Counted = available;
            return _sum;
        }
    }

    private void End()
    {
        _timer?.Cancel();
        _clientEnded.Unregister();
        _session.EndWait(this);
    }
}
