using Broker.Server.Time;

namespace Broker.Server.Apis.Fetching;

/// <summary>
/// A fetch that waits until there are enough bytes, until a change must be answered at once, or until max_wait_ms has expired. Completes once.
/// </summary>
internal sealed class WaitingFetch : ITimeout
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FetchSession _session;
    private readonly FetchTerms _terms;
    private TimerHandle? _timer;
    private CancellationTokenRegistration _clientEnded;
    private int _done;

    private WaitingFetch(FetchSession session, in FetchTerms terms) => (_session, _terms) = (session, terms);

    /// <summary>
    /// Begins to wait; the task completes when the fetch is to be read again and answered. May read the disk before it returns, not afterwards.
    /// </summary>
    /// <param name="session">The session, to which the reading that found too little has returned its partitions, all resolved.</param>
    /// <param name="terms">How the client fetches, and so what it waits for.</param>
    /// <param name="maxWait">After this time the task completes in any case.</param>
    /// <param name="wheel">Runs the time-out.</param>
    /// <param name="clientEnded">Completes the task when the client has closed the connection or its side of it.</param>
    public static Task Start(FetchSession session, in FetchTerms terms, TimeSpan maxWait, TimingWheel wheel, CancellationToken clientEnded)
    {
        WaitingFetch waiting = new(session, terms);
        waiting._timer = wheel.Schedule(maxWait, waiting);
        if (session.BeginWait(waiting) is { } active)
        {
            waiting.CheckAll(active);
        }
        else
        {
            waiting.Complete();
        }

        waiting._clientEnded = clientEnded.UnsafeRegister(static state => ((WaitingFetch)state!).Complete(), waiting);
        if (waiting.IsDone)
        {
            waiting.End(); // It completed before its timer, its registration and its notifications all existed.
        }

        return waiting._ready.Task;
    }

    /// <summary>The bytes that <see cref="FetchSession.CountFor"/> has counted so far. Guarded by the session.</summary>
    public long Sum { get; set; }

    private bool IsDone => Volatile.Read(ref _done) != 0;

    /// <summary>Counts the bytes of a partition that has changed, and completes if there are enough now. Any thread; reads no disk.</summary>
    public void Check(FetchEntry entry)
    {
        if (IsDone || entry.Source is not { IsResolved: true } source)
        {
            return;
        }

        long available = source.Available(_terms.MinBytes);
        if (available > 0 && source.Partition is { } partition && _terms.IsHeldBack(partition))
        {
            available = 0;
        }

        bool isBehind = _terms.AwaitsHighWatermark && source.Partition?.Log is { } log && entry.IsBehind(log.HighWatermark);
        if (available < 0 || isBehind || _session.CountFor(this, entry, available) >= _terms.MinBytes)
        {
            Complete();
        }
    }

    public void OnTimeout() => Complete();

    /// <summary>Completes the wait. Calls after the first have no effect.</summary>
    public void Complete()
    {
        if (Interlocked.Exchange(ref _done, 1) == 0)
        {
            End();
            _ready.SetResult();
        }
    }

    /// <summary>Watches each active partition and then checks it, so that no change is missed.</summary>
    private void CheckAll(FetchEntry[] active)
    {
        foreach (FetchEntry entry in active)
        {
            if (_terms.NeedsPlaces)
            {
                entry.Locate();
            }

            _session.Watch(entry);
            Check(entry);
            if (IsDone)
            {
                return;
            }
        }
    }

    private void End()
    {
        _timer?.Cancel();
        _clientEnded.Unregister();
        _session.EndWait(this);
    }
}
