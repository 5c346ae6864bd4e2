using System.Diagnostics;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>Told when every event of an action is acknowledged or given up. Called once an action, from the producer's thread: it must not block or
/// throw.</summary>
internal interface IActionObserver
{
    void Settled(PlayerAction action);
}

/// <summary>A login or trade on its way to the log: one or two events, and what to answer once they are acknowledged.</summary>
internal sealed class PlayerAction
{
    private readonly Answer _whenAcknowledged;
    private IActionObserver? _observer;
    private int _pending;
    private volatile bool _failed;

    public PlayerAction(PlayerEvent first, PlayerEvent? second, Headers headers, Answer whenAcknowledged)
    {
        First = first;
        Second = second;
        Headers = headers;
        _whenAcknowledged = whenAcknowledged;
        _pending = second is null ? 1 : 2;
    }

    public PlayerEvent First { get; }

    /// <summary>The other side of a trade, published after the first.</summary>
    public PlayerEvent? Second { get; }

    /// <summary>Headers of every event of the action.</summary>
    public Headers Headers { get; }

    /// <summary>The action's span, where traces are exported.</summary>
    public Activity? Activity { get; init; }

    /// <summary>The sender's request number on a stream.</summary>
    public long RequestNumber { get; private set; }

    /// <summary>When it was handed to the publisher, in the clock's timestamp units.</summary>
    public long PublishedAt { get; private set; }

    /// <summary>What to answer; only once settled.</summary>
    public Answer Outcome => _failed ? Problems.Unavailable : _whenAcknowledged;

    /// <summary>Says whom to tell; before the action is published.</summary>
    public PlayerAction ReportTo(IActionObserver told, long requestNumber, long now)
    {
        _observer = told;
        RequestNumber = requestNumber;
        PublishedAt = now;
        return this;
    }

    /// <summary>One event is acknowledged, or it is given up (it may still be in the log). Called once an event, from any thread.</summary>
    /// <returns>Whether that settled the action.</returns>
    public bool Delivered(bool acknowledged)
    {
        if (!acknowledged)
        {
            _failed = true;
        }
        if (Interlocked.Decrement(ref _pending) != 0)
        {
            return false;
        }
        Activity?.Stop();
        _observer!.Settled(this);
        return true;
    }
}

/// <summary>What became of a request before anything was published: an action to publish, or a refusal.</summary>
internal readonly record struct Decision(PlayerAction? Action, Problem? Refusal)
{
    public static implicit operator Decision(PlayerAction action) => new(action, null);

    public static implicit operator Decision(Problem refusal) => new(null, refusal);
}
