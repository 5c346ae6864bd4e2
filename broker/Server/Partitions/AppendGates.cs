namespace Broker.Server.Partitions;

/// <summary>
/// The gates of a broker's log directories: a stalled one has its own places taken and no other's. Keeps the thread pool larger than the number of appends
/// that block, otherwise a stalled disk would take the last thread from heartbeats. A thread of its own looks at them while there are any, because
/// everything else could be stuck behind them. The pool is the process's: several brokers of one process each see to their own.
/// </summary>
internal sealed class AppendGates : IDisposable
{
    /// <summary>An append into the page cache takes some tens of microseconds; after this it counts as blocked.</summary>
    internal static readonly TimeSpan BlockedAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Rounds without an append after which the looking ends until the next one.</summary>
    private const int QuietRounds = 50;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AppendGate> _byDirectory = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly ManualResetEventSlim _awake = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly int _usualThreads;
    private AppendGate[] _all = [];
    private int _watchers;

    public AppendGates(TimeProvider time)
    {
        _time = time;
        ThreadPool.GetMinThreads(out _usualThreads, out _);
    }

    private bool IsBusy => Array.Exists(Volatile.Read(ref _all), gate => gate.IsBusy);

    /// <summary>The gate of a log directory.</summary>
    public AppendGate Of(string directory)
    {
        lock (_lock)
        {
            if (!_byDirectory.TryGetValue(directory, out AppendGate? gate))
            {
                _byDirectory[directory] = gate = new AppendGate(this);
                Volatile.Write(ref _all, [.. _byDirectory.Values]);
            }

            return gate;
        }
    }

    /// <summary>The watching ends; no append may be inside.</summary>
    public void Dispose()
    {
        _ended.Set();
        _awake.Set();
    }

    /// <summary>Called by whoever has taken a place; the time, by which it is seen whether it blocks.</summary>
    internal long Entering()
    {
        if (!_awake.IsSet) _awake.Set();
        if (_watchers == 0 && Interlocked.CompareExchange(ref _watchers, 1, 0) == 0) new Thread(WatchAll) { IsBackground = true, Name = "append watch" }.Start();
        return _time.GetTimestamp();
    }

    private void WatchAll()
    {
        int quiet = 0;
        int raisedFor = 0;
        while (!_ended.Wait(BlockedAfter))
        {
            long now = _time.GetTimestamp();
            int blocked = Volatile.Read(ref _all).Sum(gate => gate.CountBlocked(now, _time));
            if (blocked > 0 || raisedFor > 0) Adjust(blocked);
            raisedFor = blocked;
            quiet = IsBusy ? 0 : quiet + 1;
            if (quiet < QuietRounds) continue;
            quiet = 0;
            _awake.Reset();
            // Whoever ends or enters sets it after the reset, or is seen here.
            if (!IsBusy && !_ended.IsSet) _awake.Wait();
        }

        if (raisedFor > 0) Adjust(blocked: 0);
        _ended.Dispose();
        _awake.Dispose();
    }

    /// <summary>Another broker may have changed it meanwhile, and will again if it needs to.</summary>
    private void Adjust(int blocked)
    {
        ThreadPool.GetMinThreads(out int workers, out int ports);
        int wanted = _usualThreads + blocked;
        if (workers < wanted || blocked == 0) ThreadPool.SetMinThreads(wanted, ports);
    }
}
