using System.Diagnostics;
using Game.Contracts;
using Game.Simulator.World;
using HdrHistogram;

namespace Game.Simulator.Load;

/// <summary>Percentiles of a latency, in milliseconds.</summary>
public sealed record Percentiles(double P50Ms, double P99Ms, double P999Ms, double MaxMs, long Count)
{
    private const double MicrosPerMs = 1000;

    /// <param name="histogram">In microseconds.</param>
    public static Percentiles Of(HistogramBase histogram)
    {
        if (histogram.TotalCount == 0)
        {
            return new(0, 0, 0, 0, 0);
        }
        return new(At(50), At(99), At(99.9), histogram.GetMaxValue() / MicrosPerMs, histogram.TotalCount);
        double At(double percentile) => histogram.GetValueAtPercentile(percentile) / MicrosPerMs;
    }
}

/// <summary>Counts of a load as it runs. Events: a login is one, a trade two.</summary>
/// <param name="warmUp">Latencies and late starts are those of actions due after it.</param>
/// <param name="keepAnsweredIds">Whether <see cref="AnsweredEventIds"/> is wanted: some 30 bytes an event, which add up in a load of days.</param>
public sealed class LoadStatistics(TimeSpan warmUp, bool keepAnsweredIds = false)
{
    /// <summary>A start later than this counts as late: beyond it the generator, not the server, would be measured.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(5);

    /// <summary>A run with a larger share of late starts says nothing about latency.</summary>
    public const double MaxLateShare = 0.01;

    private const long MaxMicros = 600_000_000;
    private readonly LongConcurrentHistogram _latency = new(1, MaxMicros, 3);
    private readonly LongHistogram _startLag = new(MaxMicros, 3);
    private readonly List<Guid>? _answeredIds = keepAnsweredIds ? [] : null;
    private readonly Lock _gate = new();
    private long _sent, _answered, _rejected, _refused, _refusedLogins, _rateLimited, _retries, _started, _measured, _late;

    public long Sent => Interlocked.Read(ref _sent);

    public long Answered => Interlocked.Read(ref _answered);

    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Actions answered 429, part of <see cref="Rejected"/>; counted in actions.</summary>
    public long RateLimited => Interlocked.Read(ref _rateLimited);

    /// <summary>Events that were refused for another reason than the rate limit.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Logins with the player's own secret that were answered as if it were wrong; part of <see cref="Answered"/>, as they are published.</summary>
    public long RefusedLogins => Interlocked.Read(ref _refusedLogins);

    /// <summary>The last refusal, missing answer or broken connection; null where nothing went wrong.</summary>
    public string? LastError { get; private set; }

    public long Retries => Interlocked.Read(ref _retries);

    public long Unsettled => Sent - Answered - Rejected;

    public long ActionsStarted => Interlocked.Read(ref _started);

    public double LateShare => _measured == 0 ? 0 : (double)_late / _measured;

    public bool ValidForLatency => LateShare <= MaxLateShare;

    public Percentiles Latency => Percentiles.Of(_latency);

    public Percentiles StartLag
    {
        get
        {
            lock (_gate)
            {
                return Percentiles.Of(_startLag);
            }
        }
    }

    /// <summary>Ids of all events whose publication was answered.</summary>
    /// <exception cref="InvalidOperationException">They are not kept.</exception>
    public IReadOnlyList<Guid> AnsweredEventIds
    {
        get
        {
            lock (_gate)
            {
                return [.. _answeredIds ?? throw new InvalidOperationException("The ids of answered events are not kept.")];
            }
        }
    }

    internal void Started(GameAction action, TimeSpan lag)
    {
        Interlocked.Add(ref _sent, action.Events);
        Interlocked.Increment(ref _started);
        if (!IsMeasured(action))
        {
            return;
        }
        Interlocked.Increment(ref _measured);
        if (lag > LateAfter)
        {
            Interlocked.Increment(ref _late);
        }
        lock (_gate)
        {
            _startLag.RecordValue(Micros(lag));
        }
    }

    internal void Failed(string error) => LastError = error;

    internal void Retried() => Interlocked.Increment(ref _retries);

    internal void Settled(PendingAction pending, in Answer answer)
    {
        if (!answer.IsAnswered)
        {
            Interlocked.Add(ref _rejected, pending.Action.Events);
            if (answer.Status == 429)
            {
                Interlocked.Increment(ref _rateLimited);
            }
            else
            {
                Interlocked.Add(ref _refused, pending.Action.Events);
            }
            return;
        }

        if (IsMeasured(pending.Action))
        {
            _latency.RecordValue(Micros(Stopwatch.GetElapsedTime(pending.DueTimestamp)));
        }
        if (answer.IsWrongSecret && pending.Action is LoginAction { CorrectSecret: true })
        {
            Interlocked.Increment(ref _refusedLogins);
        }
        KeepIds(pending.Action);
        Interlocked.Add(ref _answered, pending.Action.Events);
    }

    private void KeepIds(GameAction action)
    {
        if (_answeredIds is null)
        {
            return;
        }
        lock (_gate)
        {
            _answeredIds.Add(EventIds.ForSide(action.Key, TradeSide.First));
            if (action.Events == 2)
            {
                _answeredIds.Add(EventIds.ForSide(action.Key, TradeSide.Second));
            }
        }
    }

    private bool IsMeasured(GameAction action) => action.DueMs >= warmUp.TotalMilliseconds;

    private static long Micros(TimeSpan time) => Math.Clamp((long)time.TotalMicroseconds, 1, MaxMicros - 1);
}
