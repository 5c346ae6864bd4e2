using System.Collections.Concurrent;
using Game.Contracts;
using Game.GameServer.Actions;
using Game.GameServer.Publishing;

namespace Game.GameServer.Tests;

/// <summary>A publisher that keeps events in memory and acknowledges them, gives them up, or holds their acknowledgements.</summary>
internal sealed class RecordingPublisher : IEventPublisher
{
    private readonly BlockingCollection<PlayerAction> _held = [];

    public ConcurrentQueue<PlayerEvent> Events { get; } = new();

    public ConcurrentQueue<PlayerAction> Actions { get; } = new();

    /// <summary>Whether events are acknowledged; otherwise they are given up.</summary>
    public volatile bool AreBrokersReachable = true;

    /// <summary>Whether acknowledgements wait for <see cref="NextHeld"/>.</summary>
    public volatile bool HoldsAcknowledgements;

    public IEnumerable<LoginEvent> Logins => Events.OfType<LoginEvent>();

    public IEnumerable<TradeEvent> Trades => Events.OfType<TradeEvent>();

    public int HeldCount => _held.Count;

    public void Publish(PlayerAction action)
    {
        Actions.Enqueue(action);
        Events.Enqueue(action.First);
        if (action.Second is not null)
        {
            Events.Enqueue(action.Second);
        }
        if (HoldsAcknowledgements)
        {
            _held.Add(action);
        }
        else
        {
            Complete(action, AreBrokersReachable);
        }
    }

    /// <summary>The oldest action whose acknowledgement is held; waits for one.</summary>
    public PlayerAction NextHeld()
        => _held.TryTake(out PlayerAction? action, TimeSpan.FromSeconds(10)) ? action : throw new TimeoutException("nothing was published");

    public static void Complete(PlayerAction action, bool acknowledged)
    {
        action.CompleteEvent(acknowledged);
        if (action.Second is not null)
        {
            action.CompleteEvent(acknowledged);
        }
    }
}
