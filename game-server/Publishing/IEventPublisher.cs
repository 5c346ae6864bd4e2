using Game.GameServer.Actions;

namespace Game.GameServer.Publishing;

/// <summary>Appends the events of actions to the log.</summary>
internal interface IEventPublisher
{
    /// <summary>
    /// Publishes the action's events, each keyed by its user id, the first before the second, in the order of the calls. For every event <see
    /// cref="PlayerAction.CompleteEvent"/> is called exactly once, within the publish time-out, possibly before this returns. Never throws, never blocks. May
    /// be called from any thread; order is kept among calls that do not overlap.
    /// </summary>
    void Publish(PlayerAction action);
}
