using System.Collections.Concurrent;
using Game.Contracts;
using Game.GameServer.Actions;
using Game.GameServer.Publishing;

namespace Game.GameServer.Tests;

/// <summary>A log in memory that acknowledges, refuses or holds what it is given.</summary>
internal sealed class RecordingPublisher : IEventPublisher
{
    private readonly BlockingCollection<PlayerAction> _held = [];

    public ConcurrentQueue<PlayerEvent> Events { get; } = new();

    public ConcurrentQueue<PlayerAction> Actions { get; } = new();

    /// <summary>Whether the brokers are there.</summary>
    public volatile bool Reachable = true;

    /// <summary>Whether acknowledgements wait for <see cref="Take"/>.</summary>
    public volatile bool Holding;

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
        if (Holding)
        {
            _held.Add(action);
        }
        else
        {
            Settle(action, Reachable);
        }
    }

    /// <summary>The oldest action whose acknowledgement is held; waits for one.</summary>
    public PlayerAction Take()
        => _held.TryTake(out PlayerAction? action, TimeSpan.FromSeconds(10)) ? action : throw new TimeoutException("nothing was published");

    public static void Settle(PlayerAction action, bool acknowledged)
    {
        action.Delivered(acknowledged);
        if (action.Second is not null)
        {
            action.Delivered(acknowledged);
        }
    }
}
