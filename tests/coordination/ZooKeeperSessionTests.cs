using Broker.Coordination.ZooKeeper;
using Microsoft.Extensions.Logging.Abstractions;
using Running;

namespace Broker.Coordination.Tests;

/// <summary>What only a real server shows: it stops, it is out of reach, it is used by more than one process.</summary>
public sealed class ZooKeeperSessionTests(RealZooKeeper zooKeeper)
{
    [Fact]
    public async Task A_session_outlives_its_server_s_restart_and_gets_the_notice_that_it_missed()
    {
        RealZooKeeper.Need();
        using TempFolder folder = new();
        await using ZooKeeperServer server = await ZooKeeperServer.StartAsync(folder);
        Notices notices = new();
        await using ICoordinationSession session = await RealZooKeeper.Client(server.Address).OpenSession(notices.OnState);
        await session.Create("/e", null, CreateMode.Ephemeral);
        await session.Exists("/late", notices.Watcher);
        await session.GetData("/", notices.Watcher);

        await server.StopAsync();
        (await notices.NextState()).ShouldBe(SessionState.Disconnected);
        session.State.ShouldBe(SessionState.Disconnected);
        (await session.Create("/x", null)).Code.ShouldBe(Code.ConnectionLoss);

        await server.StartAsync();
        (await notices.NextState()).ShouldBe(SessionState.Connected);
        (await session.Exists("/e")).Stat.EphemeralOwner.ShouldBe(session.SessionId);
        (await session.Create("/late", null)).Code.ShouldBe(Code.Ok);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeCreated, "/late"));
        notices.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_lasts_as_long_as_the_server_grants_it_not_as_asked_for()
    {
        ZooKeeperServer server = await zooKeeper.ServerAsync();
        await using ICoordinationSession lengthened = await RealZooKeeper.Client(server.Address, sessionTimeoutMs: ZooKeeperServer.TickTime).OpenSession();
        lengthened.Timeout.ShouldBe(TimeSpan.FromMilliseconds(2 * ZooKeeperServer.TickTime));
        await using ICoordinationSession granted = await RealZooKeeper.Client(server.Address, sessionTimeoutMs: 4000).OpenSession();
        granted.Timeout.ShouldBe(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_session_that_comes_back_gets_notices_of_what_changed_meanwhile_and_of_nothing_else()
    {
        ZooKeeperServer server = await zooKeeper.ServerAsync();
        int port = FreePorts.Take();
        using Relay relay = new(port, server.Port);
        string chroot = zooKeeper.FreshChroot();
        Notices notices = new();
        await using ICoordinationSession near = await RealZooKeeper.Client(server.Address + chroot).OpenSession();
        ZooKeeperCoordination client = RealZooKeeper.Client($"127.0.0.1:{port}{chroot}", sessionTimeoutMs: 20_000);
        await using ICoordinationSession session = await client.OpenSession(notices.OnState);
        foreach (string path in (string[])["/set", "/deleted", "/parent", "/same", "/same-parent"])
        {
            await session.Create(path, null);
            await session.GetData(path, notices.Watcher);
        }
        await session.Exists("/created", notices.Watcher);
        await session.Exists("/not-created", notices.Watcher);
        await session.GetChildren("/parent", notices.Watcher);
        await session.GetChildren("/same-parent", notices.Watcher);
        await session.GetChildren("/deleted", notices.Watcher);

        relay.Break();
        (await notices.NextState()).ShouldBe(SessionState.Disconnected);
        await near.SetData("/set", [1]);
        await near.Delete("/deleted");
        await near.Create("/created", null);
        await near.Create("/parent/child", null);
        relay.Resume();
        (await notices.NextState()).ShouldBe(SessionState.Connected);
        await session.Exists("/");
        notices.TakeAll().OrderBy(notice => notice.Path, StringComparer.Ordinal).ShouldBe([
            new(EventType.NodeCreated, "/created"), new(EventType.NodeDeleted, "/deleted"), new(EventType.NodeChildrenChanged, "/parent"),
            new(EventType.NodeDataChanged, "/set")]);

        await near.SetData("/same", [1]);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeDataChanged, "/same"));
        await near.Create("/not-created", null);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeCreated, "/not-created"));
        await near.Create("/same-parent/child", null);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeChildrenChanged, "/same-parent"));
    }

    /// <summary>The C client would send all paths in one request, and a server ends a connection on which a request of more than a megabyte comes.</summary>
    [Fact]
    public async Task A_session_with_more_than_a_megabyte_of_watched_paths_comes_back()
    {
        RealZooKeeper.Need();
        using TempFolder folder = new();
        await using ZooKeeperServer server = await ZooKeeperServer.StartAsync(folder);
        Notices notices = new();
        await using ICoordinationSession session = await RealZooKeeper.Client(server.Address, sessionTimeoutMs: 10_000).OpenSession(notices.OnState);
        string parent = "/" + new string('p', 240);
        await session.Create(parent, null);
        await Task.WhenAll(Enumerable.Range(0, 5000).Select(i => session.Exists($"{parent}/{i}", notices.Watcher).AsTask()));
        await server.StopAsync();
        (await notices.NextState()).ShouldBe(SessionState.Disconnected);
        await server.StartAsync();
        (await notices.NextState()).ShouldBe(SessionState.Connected);
        (await session.Create($"{parent}/4999", null)).Code.ShouldBe(Code.Ok);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeCreated, $"{parent}/4999"));
    }

    [Fact]
    public async Task A_session_that_was_out_of_reach_for_its_time_out_has_expired_and_a_new_one_is_a_new_handle()
    {
        ZooKeeperServer server = await zooKeeper.ServerAsync();
        int port = FreePorts.Take();
        using Relay relay = new(port, server.Port);
        ZooKeeperCoordination far = RealZooKeeper.Client($"127.0.0.1:{port}", sessionTimeoutMs: 1000);
        Notices notices = new();
        await using ICoordinationSession near = await RealZooKeeper.Client(server.Address).OpenSession();
        await using ICoordinationSession session = await far.OpenSession(notices.OnState);
        await session.Create("/paused", null, CreateMode.Ephemeral);
        await near.Exists("/paused", notices.Watcher);

        relay.Pause();
        (await notices.Next()).Type.ShouldBe(EventType.NodeDeleted);
        relay.Resume();
        await notices.StateAsync(SessionState.Expired);
        (await session.Exists("/paused")).Code.ShouldBe(Code.SessionExpired);
        await using ICoordinationSession next = await far.OpenSession();
        next.SessionId.ShouldNotBe(session.SessionId);
        (await next.Create("/paused", null, CreateMode.Ephemeral)).Code.ShouldBe(Code.Ok);
    }

    [Fact]
    public async Task A_session_moves_to_who_has_its_id_and_password()
    {
        ZooKeeperServer server = await zooKeeper.ServerAsync();
        int port = FreePorts.Take();
        using Relay relay = new(port, server.Port);
        ICoordinationSession former = await RealZooKeeper.Client($"127.0.0.1:{port}").OpenSession();
        await former.Create("/moved", null, CreateMode.Ephemeral);
        relay.Cut();

        ZooKeeperCoordination service = RealZooKeeper.Client(server.Address);
        (await service.ResumeSession(former.Key with { Password = new byte[16] })).ShouldBeNull();
        ICoordinationSession resumed = (await service.ResumeSession(former.Key)).ShouldNotBeNull();
        resumed.SessionId.ShouldBe(former.SessionId);
        (await resumed.Exists("/moved")).Stat.EphemeralOwner.ShouldBe(former.SessionId);

        Notices notices = new();
        await using ICoordinationSession other = await service.OpenSession();
        await other.Exists("/moved", notices.Watcher);
        await resumed.DisposeAsync();
        (await notices.Next()).Type.ShouldBe(EventType.NodeDeleted);
        (await service.ResumeSession(former.Key)).ShouldBeNull();
        await former.DisposeAsync();
    }

    [Fact]
    public async Task A_closed_session_answers_everything_that_was_asked_of_it()
    {
        string address = (await zooKeeper.ServerAsync()).Address + zooKeeper.FreshChroot();
        for (int round = 0; round < 20; round++)
        {
            ICoordinationSession session = await RealZooKeeper.Client(address, maxInFlight: 50).OpenSession();
            Task<CreateResult>[] asked = [.. Enumerable.Range(0, 500).Select(i => session.Create($"/{round}-{i}", [1, 2, 3]).AsTask())];
            Task<MultiResult>[] multis = [.. Enumerable.Range(0, 50).Select(i => session.Multi([new Op.Create($"/{round}-m{i}", [])]).AsTask())];
            await session.DisposeAsync();
            (await Task.WhenAll(asked)).ShouldAllBe(result => result.Code == Code.Ok || result.Code == Code.SessionExpired);
            (await Task.WhenAll(multis)).ShouldAllBe(result => result.Code == Code.Ok || result.Code == Code.SessionExpired);
        }
    }

    [Fact]
    public async Task A_watcher_may_end_its_session()
    {
        string address = (await zooKeeper.ServerAsync()).Address + zooKeeper.FreshChroot();
        ICoordinationSession session = await RealZooKeeper.Client(address).OpenSession();
        TaskCompletionSource<Task> ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await session.Exists("/a", _ => ending.SetResult(session.DisposeAsync().AsTask()));
        await session.Create("/a", null);
        await await ending.Task;
        session.State.ShouldBe(SessionState.Closed);
    }

    [Fact]
    public async Task A_server_that_is_not_there_or_does_not_answer_is_one_sentence()
    {
        RealZooKeeper.Need();
        int[] ports = FreePorts.Take(2);
        (await Should.ThrowAsync<IOException>(async () => await Impatient(ports[0]).OpenSession())).Message
            .ShouldBe($"ZooKeeper at 127.0.0.1:{ports[0]} does not answer within 300 ms.");
        using Relay silent = new(ports[1], ports[0]);
        silent.Pause();
        (await Should.ThrowAsync<IOException>(async () => await Impatient(ports[1]).OpenSession())).Message.ShouldContain("does not answer within 300 ms");
        (await Should.ThrowAsync<IOException>(async () => await RealZooKeeper.Client("no.such.host.invalid").OpenSession())).Message
            .ShouldBe("ZooKeeper's servers no.such.host.invalid:2181 cannot be used: their names have no address.");
    }

    [Fact]
    public async Task A_request_that_would_cost_the_connection_is_refused_before_it_is_sent()
    {
        Notices notices = new();
        await using ICoordinationSession session = await RealZooKeeper.Client((await zooKeeper.ServerAsync()).Address + zooKeeper.FreshChroot())
            .OpenSession(notices.OnState);
        (await session.Create("/full", new byte[ZnodePath.MaxDataBytes])).Code.ShouldBe(Code.MarshallingError);
        (await session.Create("/full", new byte[ZnodePath.MaxDataBytes - 200])).Code.ShouldBe(Code.Ok);
        Op[] many = [.. Enumerable.Range(0, 11).Select(i => new Op.Create($"/{i}", new byte[100_000]))];
        (await session.Multi(many)).Code.ShouldBe(Code.MarshallingError);
        (await session.Multi(many[..10])).Code.ShouldBe(Code.Ok);
        session.State.ShouldBe(SessionState.Connected);
    }

    [Fact]
    public void A_message_of_an_outage_is_new_once()
    {
        OutageMessages messages = new();
        messages.IsNew("refused").ShouldBeTrue();
        messages.IsNew("delayed").ShouldBeTrue();
        messages.IsNew("refused").ShouldBeFalse();
        messages.Clear();
        messages.IsNew("refused").ShouldBeTrue();
    }

    [Theory]
    [InlineData("a:1", "a:1", "")]
    [InlineData("a:1, b", "a:1,b:2181", "")]
    [InlineData("a:1,b:2/kafka/one", "a:1,b:2", "/kafka/one")]
    [InlineData("a:1/", "a:1", "")]
    public void An_address_is_servers_and_a_path(string text, string servers, string chroot)
        => ZooKeeperAddress.Parse(text).ShouldBe(new ZooKeeperAddress(servers, chroot));

    [Theory]
    [InlineData("")]
    [InlineData("a:1,")]
    [InlineData("a:x")]
    [InlineData(":1")]
    [InlineData("/kafka")]
    [InlineData("a:1/kafka/")]
    public void An_address_without_a_server_or_with_a_malformed_path_is_refused(string text)
        => Should.Throw<FormatException>(() => ZooKeeperAddress.Parse(text));

    private static ZooKeeperCoordination Impatient(int port) => new(
        new ZooKeeperOptions(ZooKeeperAddress.Parse($"127.0.0.1:{port}"), TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(300), 10), TimeProvider.System,
        NullLogger.Instance);
}
