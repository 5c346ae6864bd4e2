using Broker.Coordination.Embedded;

namespace Broker.Coordination.Tests;

public sealed class SessionTests
{
    [Fact]
    public async Task A_disconnected_session_keeps_its_ephemerals_and_hears_later_what_it_missed()
    {
        await using EmbeddedCoordination tree = EmbeddedCoordination.InMemory(TimeProvider.System);
        Notices notices = new();
        ICoordinationSession session = await tree.OpenSession(notices.OnState);
        ICoordinationSession other = await tree.OpenSession();
        await session.Create("/e", null, CreateMode.Ephemeral);
        await session.GetChildren("/", notices.Watcher);

        await tree.Disconnect(session);
        (await notices.NextState()).ShouldBe(SessionState.Disconnected);
        (await session.Create("/x", null)).Code.ShouldBe(Code.ConnectionLoss);
        (await other.Exists("/e")).Code.ShouldBe(Code.Ok);
        await other.Create("/b", null);
        notices.IsEmpty.ShouldBeTrue();

        await tree.Reconnect(session);
        (await notices.NextState()).ShouldBe(SessionState.Connected);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeChildrenChanged, "/"));
        (await session.Create("/x", null)).Code.ShouldBe(Code.Ok);
    }

    [Fact]
    public async Task Two_lives_of_a_tree_share_no_session_id()
    {
        await using EmbeddedCoordination one = EmbeddedCoordination.InMemory(TimeProvider.System);
        (await one.OpenSession()).SessionId.ShouldNotBe((await one.OpenSession()).SessionId);
    }

    [Fact]
    public async Task A_resumed_session_has_its_ephemerals_and_ends_with_them()
    {
        await using EmbeddedCoordination tree = EmbeddedCoordination.InMemory(TimeProvider.System);
        Notices former = new();
        ICoordinationSession session = await tree.OpenSession(former.OnState);
        await session.Create("/e", null, CreateMode.Ephemeral);

        ICoordinationSession resumed = (await tree.ResumeSession(session.Key)).ShouldNotBeNull();
        (await former.NextState()).ShouldBe(SessionState.Disconnected);
        (await resumed.Exists("/e")).Stat.EphemeralOwner.ShouldBe(resumed.SessionId);
        await resumed.DisposeAsync();
        (await former.NextState()).ShouldBe(SessionState.Expired);
        ICoordinationSession other = await tree.OpenSession();
        (await other.Exists("/e")).Code.ShouldBe(Code.NoNode);
        (await tree.ResumeSession(session.Key)).ShouldBeNull();
    }
}
