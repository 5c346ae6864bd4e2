using System.Collections.Concurrent;
using System.Text;

namespace Broker.Coordination.Tests;

/// <summary>What every implementation of coordination must do; one subclass an implementation.</summary>
public abstract class CoordinationConformance : IAsyncLifetime
{
    private ICoordinationSession _session = null!;

    protected abstract ICoordinationService Service { get; }

    /// <summary>Ends a session as a time-out would.</summary>
    protected abstract ValueTask Expire(ICoordinationSession session);

    /// <summary>Opens the service, with a tree that holds nothing at or below /t.</summary>
    protected abstract ValueTask Open();

    protected abstract ValueTask Close();

    public async ValueTask InitializeAsync()
    {
        await Open();
        _session = await Service.OpenSession();
        (await _session.Create("/t", null)).Code.ShouldBe(Code.Ok);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await Close();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_created_znode_is_read_back_with_its_stat()
    {
        CreateResult created = await _session.Create("/t/a", Bytes("hello"));
        created.ShouldBe(new CreateResult(Code.Ok, "/t/a", created.Stat));

        DataResult read = await _session.GetData("/t/a");
        read.Code.ShouldBe(Code.Ok);
        Text(read.Data).ShouldBe("hello");
        read.Stat.ShouldBe(created.Stat);
        read.Stat.Mzxid.ShouldBe(read.Stat.Czxid);
        read.Stat.Version.ShouldBe(0);
        read.Stat.EphemeralOwner.ShouldBe(0);
        read.Stat.DataLength.ShouldBe(5);
        read.Stat.Ctime.ShouldBe(read.Stat.Mtime);
    }

    [Fact]
    public async Task No_data_and_empty_data_are_two_things()
    {
        await _session.Create("/t/none", null);
        await _session.Create("/t/empty", []);
        (await _session.GetData("/t/none")).Data.ShouldBeNull();
        (await _session.GetData("/t/empty")).Data.ShouldBe([]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("t")]
    [InlineData("/t/")]
    [InlineData("/t//a")]
    [InlineData("/t/./a")]
    [InlineData("/t/..")]
    [InlineData("/t/a\u0000b")]
    public async Task A_malformed_path_is_a_bad_argument(string path)
    {
        (await _session.Create(path, null)).Code.ShouldBe(Code.BadArguments);
        (await _session.GetData(path)).Code.ShouldBe(Code.BadArguments);
        (await _session.Delete(path)).ShouldBe(Code.BadArguments);
    }

    [Fact]
    public async Task Creating_needs_a_parent_and_a_free_name()
    {
        (await _session.Create("/t/no/a", null)).Code.ShouldBe(Code.NoNode);
        (await _session.Create("/t", null)).Code.ShouldBe(Code.NodeExists);
        await _session.Create("/t/e", null, CreateMode.Ephemeral);
        (await _session.Create("/t/e/a", null)).Code.ShouldBe(Code.NoChildrenForEphemerals);
    }

    [Fact]
    public async Task Set_and_delete_hold_the_expected_version()
    {
        await _session.Create("/t/a", null);
        (await _session.SetData("/t/a", Bytes("1"), 1)).Code.ShouldBe(Code.BadVersion);
        StatResult set = await _session.SetData("/t/a", Bytes("1"), 0);
        set.Code.ShouldBe(Code.Ok);
        set.Stat.Version.ShouldBe(1);
        set.Stat.Mzxid.ShouldBeGreaterThan(set.Stat.Czxid);
        (await _session.SetData("/t/a", Bytes("2"))).Stat.Version.ShouldBe(2);
        (await _session.Delete("/t/a", 1)).ShouldBe(Code.BadVersion);
        (await _session.Delete("/t/a", 2)).ShouldBe(Code.Ok);
        (await _session.Delete("/t/a")).ShouldBe(Code.NoNode);
        (await _session.SetData("/t/a", null)).Code.ShouldBe(Code.NoNode);
        (await _session.Exists("/t/a")).Code.ShouldBe(Code.NoNode);
    }

    [Fact]
    public async Task Children_are_counted_and_keep_their_parent()
    {
        await _session.Create("/t/b", null);
        CreateResult last = await _session.Create("/t/a", null);
        ChildrenResult children = await _session.GetChildren("/t");
        children.Children.ShouldBe(["a", "b"]);
        children.Stat.NumChildren.ShouldBe(2);
        children.Stat.Cversion.ShouldBe(2);
        children.Stat.Pzxid.ShouldBe(last.Stat.Czxid);
        children.Stat.Version.ShouldBe(0);
        (await _session.Delete("/t")).ShouldBe(Code.NotEmpty);
        await _session.Delete("/t/a");
        (await _session.Exists("/t")).Stat.Cversion.ShouldBe(3);
        (await _session.GetChildren("/t/none")).Code.ShouldBe(Code.NoNode);
    }

    [Fact]
    public async Task Sequence_numbers_have_ten_digits_and_are_never_used_again()
    {
        (await _session.Create("/t/n_", null, CreateMode.PersistentSequential)).Path.ShouldBe("/t/n_0000000000");
        (await _session.Create("/t/n_", null, CreateMode.PersistentSequential)).Path.ShouldBe("/t/n_0000000001");
        await _session.Delete("/t/n_0000000001");
        (await _session.Create("/t/m_", null, CreateMode.EphemeralSequential)).Path.ShouldBe("/t/m_0000000002");
        (await _session.Create("/t/", null, CreateMode.PersistentSequential)).Path.ShouldBe("/t/0000000003");
    }

    [Fact]
    public async Task A_multi_does_everything_in_one_transaction()
    {
        MultiResult result = await _session.Multi([
            new Op.Create("/t/a", Bytes("x")), new Op.Create("/t/a/b", null, CreateMode.Ephemeral), new Op.SetData("/t/a", Bytes("y"), 0),
            new Op.Check("/t/a", 1), new Op.Create("/t/c", null), new Op.Delete("/t/c", 0)]);

        result.Code.ShouldBe(Code.Ok);
        result.Results.Select(r => r.Code).ShouldAllBe(code => code == Code.Ok);
        result.Results[1].Path.ShouldBe("/t/a/b");
        result.Results[2].Stat.Version.ShouldBe(1);
        Stat child = (await _session.Exists("/t/a/b")).Stat;
        child.EphemeralOwner.ShouldBe(_session.SessionId);
        child.Czxid.ShouldBe((await _session.Exists("/t/a")).Stat.Mzxid);
    }

    [Fact]
    public async Task A_failed_multi_does_nothing_and_says_which_operation_failed()
    {
        MultiResult result = await _session.Multi([new Op.Create("/t/a", null), new Op.Check("/t", 7), new Op.Create("/t/b", null)]);
        result.Code.ShouldBe(Code.BadVersion);
        result.Results.Select(r => r.Code).ShouldBe([Code.Ok, Code.BadVersion, Code.RuntimeInconsistency]);
        (await _session.GetChildren("/t")).Children!.ShouldBeEmpty();
        (await _session.Exists("/t")).Stat.Cversion.ShouldBe(0);
    }

    [Fact]
    public async Task A_check_of_what_is_not_there_fails()
        => (await _session.Multi([new Op.Check("/t/none", Op.AnyVersion)])).Code.ShouldBe(Code.NoNode);

    [Fact]
    public async Task A_data_watch_tells_one_change_once()
    {
        Notices notices = new();
        await _session.Create("/t/a", null);
        await _session.GetData("/t/a", notices.Watcher);
        await _session.SetData("/t/a", Bytes("1"));
        await _session.SetData("/t/a", Bytes("2"));
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeDataChanged, "/t/a"));
        notices.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task An_exists_watch_tells_creation_change_and_deletion()
    {
        Notices notices = new();
        (await _session.Exists("/t/a", notices.Watcher)).Code.ShouldBe(Code.NoNode);
        await _session.Create("/t/a", null);
        (await notices.Next()).Type.ShouldBe(EventType.NodeCreated);
        (await _session.Exists("/t/a", notices.Watcher)).Code.ShouldBe(Code.Ok);
        await _session.SetData("/t/a", null);
        (await notices.Next()).Type.ShouldBe(EventType.NodeDataChanged);
        await _session.Exists("/t/a", notices.Watcher);
        await _session.Delete("/t/a");
        (await notices.Next()).Type.ShouldBe(EventType.NodeDeleted);
    }

    [Fact]
    public async Task A_child_watch_tells_children_but_not_data()
    {
        Notices notices = new();
        await _session.GetChildren("/t", notices.Watcher);
        await _session.SetData("/t", null);
        await _session.Create("/t/a", null);
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeChildrenChanged, "/t"));
        await _session.GetChildren("/t", notices.Watcher);
        await _session.Create("/t/a/b", null);
        await _session.Delete("/t/a/b");
        await _session.Delete("/t/a");
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeChildrenChanged, "/t"));
        notices.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_watcher_left_twice_is_told_once_of_a_deletion()
    {
        Notices notices = new();
        Watcher watcher = notices.Watcher;
        await _session.Create("/t/a", null);
        await _session.GetData("/t/a", watcher);
        await _session.Exists("/t/a", watcher);
        await _session.GetChildren("/t/a", watcher);
        await _session.Delete("/t/a");
        (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeDeleted, "/t/a"));
        await _session.Exists("/t");
        notices.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_watch_on_what_is_not_there_is_left_only_by_exists()
    {
        Notices notices = new();
        (await _session.GetData("/t/a", notices.Watcher)).Code.ShouldBe(Code.NoNode);
        (await _session.GetChildren("/t/a", notices.Watcher)).Code.ShouldBe(Code.NoNode);
        await _session.Create("/t/a", null);
        await _session.Exists("/t/a");
        notices.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_failed_multi_triggers_no_watch()
    {
        Notices notices = new();
        await _session.GetChildren("/t", notices.Watcher);
        await _session.Multi([new Op.Create("/t/a", null), new Op.Check("/t", 9)]);
        await _session.Exists("/t");
        notices.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_session_s_change_is_told()
    {
        Notices notices = new();
        await using ICoordinationSession other = await Service.OpenSession();
        other.SessionId.ShouldNotBe(_session.SessionId);
        await _session.GetChildren("/t", notices.Watcher);
        await other.Create("/t/a", null, CreateMode.Ephemeral);
        (await notices.Next()).Type.ShouldBe(EventType.NodeChildrenChanged);
    }

    [Fact]
    public async Task Ephemerals_go_with_their_session_and_are_told()
    {
        Notices notices = new();
        ICoordinationSession other = await Service.OpenSession();
        await other.Create("/t/e", null, CreateMode.Ephemeral);
        await other.Create("/t/p", null);
        (await _session.Exists("/t/e", notices.Watcher)).Stat.EphemeralOwner.ShouldBe(other.SessionId);
        await other.DisposeAsync();
        (await notices.Next()).Type.ShouldBe(EventType.NodeDeleted);
        (await _session.GetChildren("/t")).Children.ShouldBe(["p"]);
        other.State.ShouldBe(SessionState.Closed);
        (await other.Exists("/t")).Code.ShouldBe(Code.SessionExpired);
    }

    [Fact]
    public async Task An_expired_session_is_told_and_can_do_nothing()
    {
        Notices states = new();
        ICoordinationSession other = await Service.OpenSession(states.OnState);
        await other.Create("/t/e", null, CreateMode.Ephemeral);
        await Expire(other);
        await states.StateAsync(SessionState.Expired);
        other.State.ShouldBe(SessionState.Expired);
        (await other.Create("/t/x", null)).Code.ShouldBe(Code.SessionExpired);
        (await other.Multi([new Op.Create("/t/x", null)])).Code.ShouldBe(Code.SessionExpired);
        (await _session.Exists("/t/e")).Code.ShouldBe(Code.NoNode);
    }

    [Fact]
    public async Task A_notice_comes_before_the_answer_that_shows_the_change()
    {
        ConcurrentQueue<string> order = new();
        await _session.GetChildren("/t", _ => order.Enqueue("notice"));
        await _session.Create("/t/a", null);
        order.Enqueue("answer");
        order.ShouldBe(["notice", "answer"]);
    }

    [Fact]
    public async Task Too_much_data_is_refused()
        => (await _session.Create("/t/a", new byte[(1 << 20) + 1])).Code.ShouldBe(Code.MarshallingError);

    [Fact]
    public async Task Operations_that_are_not_waited_for_take_effect_in_their_order()
    {
        List<Task<CreateResult>> created = [.. Enumerable.Range(0, 200)
            .Select(_ => _session.Create("/t/n", null, CreateMode.PersistentSequential).AsTask())];
        CreateResult[] results = await Task.WhenAll(created);
        results.Select(result => result.Path).ShouldBe(Enumerable.Range(0, 200).Select(i => $"/t/n{i:D10}"));
    }

    [Fact]
    public async Task An_ended_session_is_not_resumed()
    {
        ICoordinationSession other = await Service.OpenSession();
        await other.DisposeAsync();
        (await Service.ResumeSession(other.Key)).ShouldBeNull();
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes.ShouldNotBeNull());
}
