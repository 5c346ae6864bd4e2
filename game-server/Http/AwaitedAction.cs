using Game.GameServer.Actions;
using Game.GameServer.Publishing;

namespace Game.GameServer.Http;

/// <summary>Publishes one action and waits for it.</summary>
internal sealed class AwaitedAction : IActionObserver
{
    // The producer's thread only hands over: the response is written elsewhere.
    private readonly TaskCompletionSource<Answer> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Task<Answer> PublishAsync(IEventPublisher publisher, PlayerAction action, TimeProvider time)
    {
        AwaitedAction awaited = new();
        publisher.Publish(action.ReportTo(awaited, 0, time.GetTimestamp()));
        return awaited._settled.Task;
    }

    public void Settled(PlayerAction action) => _settled.SetResult(action.Outcome);
}
