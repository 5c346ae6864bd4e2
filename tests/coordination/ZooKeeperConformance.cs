using Broker.Coordination.ZooKeeper;

namespace Broker.Coordination.Tests;

/// <summary>The contract on a real server; each case has a path of its own, which does not exist before.</summary>
public sealed class ZooKeeperConformance(RealZooKeeper zooKeeper) : CoordinationConformance
{
    private ZooKeeperCoordination _service = null!;

    protected override ICoordinationService Service => _service;

    protected override async ValueTask Open() => _service = RealZooKeeper.Client((await zooKeeper.ServerAsync()).Address + zooKeeper.FreshChroot());

    protected override ValueTask Close() => ValueTask.CompletedTask;

    protected override ValueTask Expire(ICoordinationSession session) => Ended.ByForce(_service, session);
}

/// <summary>Ends a session of another handle: whoever knows its id and password may.</summary>
internal static class Ended
{
    internal static async ValueTask ByForce(ICoordinationService service, ICoordinationSession session)
    {
        // The handle from which the session was moved may move it back before it is closed; then it is moved and closed once more.
        while (await service.ResumeSession(session.Key) is { } moved)
        {
            await moved.DisposeAsync();
        }
    }
}
