using Game.GameServer.Actions;
using Game.GameServer.Publishing;

namespace Game.GameServer.Http;

/// <summary>Publishes one action and waits until it completes.</summary>
internal sealed class AwaitedAction : IActionObserver
{
    // Another thread than the producer's writes the response.
    private readonly TaskCompletionSource<Answer> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static Task<Answer> PublishAsync(IEventPublisher publisher, PlayerAction action, TimeProvider time)
    {
        AwaitedAction awaited = new();
        publisher.Publish(action.ObserveBy(awaited, 0, time.GetTimestamp()));
        return awaited._completed.Task;
    }

    public void Completed(PlayerAction action) => _completed.SetResult(action.Outcome);
}
