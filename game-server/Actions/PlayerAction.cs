using System.Diagnostics;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>Is called when an action completes.</summary>
internal interface IActionObserver
{
    /// <summary>
    /// Every event of the action is acknowledged or given up. Called once for each action, usually from the producer's thread: it must not block or throw.
    /// </summary>
    void Completed(PlayerAction action);
}

/// <summary>A login or trade that is being published: one or two events, and the answer to give when they are acknowledged.</summary>
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

    /// <summary>The answer. Valid only when the action is complete.</summary>
    public Answer Outcome => _failed ? Problems.Unavailable : _whenAcknowledged;

    /// <summary>Sets the observer that is called when the action completes. Call it before the action is published.</summary>
    public PlayerAction ObserveBy(IActionObserver observer, long requestNumber, long now)
    {
        _observer = observer;
        RequestNumber = requestNumber;
        PublishedAt = now;
        return this;
    }

    /// <summary>Records that one event was acknowledged, or was given up (it may still be in the log). Called once for each event, from any thread.</summary>
    /// <returns>Whether it was the last event, so that the action is complete.</returns>
    public bool CompleteEvent(bool acknowledged)
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
        _observer!.Completed(this);
        return true;
    }
}

/// <summary>The result of checking a request: an action to publish, or the problem that refuses it.</summary>
internal readonly record struct Decision(PlayerAction? Action, Problem? Refusal)
{
    public static implicit operator Decision(PlayerAction action) => new(action, null);

    public static implicit operator Decision(Problem refusal) => new(null, refusal);
}
