using System.Diagnostics;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>The counts of a running load. They count events (a login is one, a trade two), unless the name says what they count.</summary>
/// <param name="warmUp">Latencies and late starts are measured on actions that are due after this time.</param>
/// <param name="keepAnsweredIds">Whether <see cref="AnsweredEventIds"/> is wanted: some 30 bytes an event, which add up in a load of days.</param>
public sealed class LoadStatistics(TimeSpan warmUp, bool keepAnsweredIds = false)
{
    /// <summary>A start that is later than this counts as late: the figures then measure the generator, not the server.</summary>
    public static readonly TimeSpan LateAfter = TimeSpan.FromMilliseconds(5);

    /// <summary>A run with a larger share of late starts says nothing about latency.</summary>
    public const double MaxLateShare = 0.01;

    private readonly LatencyRecorder _latency = new();
    private readonly LatencyRecorder _startLag = new();
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

    /// <summary>Events without a final answer: neither answered nor rejected.</summary>
    public long Unanswered
    {
        get
        {
            long finished = Answered + Rejected; // read before Sent, which only grows: the difference is never negative
            return Sent - finished;
        }
    }

    public long ActionsStarted => Interlocked.Read(ref _started);

    public double LateShare => Interlocked.Read(ref _measured) is > 0 and long all ? (double)Interlocked.Read(ref _late) / all : 0;

    public bool ValidForLatency => LateShare <= MaxLateShare;

    /// <summary>From the instant an action was due to its answer.</summary>
    public Percentiles Latency => _latency.Read();

    /// <summary>From the instant an action was due to its start.</summary>
    public Percentiles StartLag => _startLag.Read();

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

        _startLag.Record(lag);
    }

    internal void Failed(string error) => LastError = error;

    internal void Retried() => Interlocked.Increment(ref _retries);

    internal void Completed(PendingAction pending, in Answer answer)
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
            _latency.Record(Stopwatch.GetElapsedTime(pending.DueTimestamp));
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
}
