using Broker.Coordination.Embedded;
using CsCheck;

namespace Broker.Coordination.Tests;

public sealed class JournalTests
{
    private readonly MemoryJournalStore _store = new();
    private readonly List<string> _journal = [];

    [Fact]
    public async Task Everything_but_ephemerals_survives_a_restart()
    {
        Stat before;
        await using (EmbeddedCoordination tree = Open())
        {
            ICoordinationSession session = await tree.OpenSession();
            await session.Create("/a", [1, 2]);
            await session.SetData("/a", [3]);
            await session.Create("/a/s", null, CreateMode.PersistentSequential);
            await session.Create("/a/e", null, CreateMode.Ephemeral);
            before = (await session.Exists("/a")).Stat;
            // The process dies here: the journal is not closed in order.
            _store.Content = [.. _store.Content];
        }

        byte[] crashed = _store.Content[.._store.AppendedAt[^1]]; // Without the transaction of the orderly end.
        _store.Content = crashed;
        await using EmbeddedCoordination reopened = Open();
        ICoordinationSession again = await reopened.OpenSession();
        Stat stat = (await again.Exists("/a")).Stat;
        stat.ShouldBe(before with { Cversion = 3, NumChildren = 1, Pzxid = stat.Pzxid });
        stat.Pzxid.ShouldBeGreaterThan(before.Pzxid);
        (await again.GetData("/a")).Data.ShouldBe([3]);
        (await again.GetChildren("/a")).Children.ShouldBe(["s0000000000"]);
        (await again.Create("/a/s", null, CreateMode.PersistentSequential)).Path.ShouldBe("/a/s0000000002");
        (await again.Create("/b", null)).Stat.Czxid.ShouldBeGreaterThan(stat.Pzxid);
    }

    [Fact]
    public async Task A_compacted_journal_holds_the_same_tree()
    {
        byte[] data = new byte[64 * 1024];
        await using (EmbeddedCoordination tree = Open())
        {
            ICoordinationSession session = await tree.OpenSession();
            await session.Create("/a", data);
            await session.Create("/a/none", null);
            await session.Create("/a/empty", []);
            for (int i = 0; i < 40; i++)
            {
                await session.SetData("/a", data);
            }
            _store.Replaced.ShouldBeGreaterThan(1);
            _store.Content.Length.ShouldBeLessThan(40 * data.Length);
        }

        await using EmbeddedCoordination reopened = Open();
        ICoordinationSession again = await reopened.OpenSession();
        (await again.Exists("/a")).Stat.Version.ShouldBe(40);
        (await again.GetData("/a/none")).Data.ShouldBeNull();
        (await again.GetData("/a/empty")).Data.ShouldBe([]);
        (await again.GetChildren("/")).Children.ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_tail_torn_anywhere_loses_only_what_was_not_acknowledged()
    {
        await Write("/a", "/b", "/c");
        byte[] whole = _store.Content;
        int last = _store.AppendedAt[^1];
        for (int length = last; length < whole.Length; length++)
        {
            _store.Content = whole[..length];
            await using EmbeddedCoordination tree = Open();
            ICoordinationSession session = await tree.OpenSession();
            (await session.GetChildren("/")).Children.ShouldBe(["a", "b"]);
            _store.Content.Length.ShouldBe(last);
        }
    }

    [Fact]
    public async Task Damage_before_a_good_frame_is_corruption_and_changes_nothing()
    {
        await Write("/a", "/b", "/c");
        byte[] damaged = (byte[])_store.Content.Clone();
        damaged[_store.AppendedAt[1] + JournalFrame.HeaderBytes + 3] ^= 0x10;
        _store.Content = damaged;
        Should.Throw<JournalCorruptException>(Open).Position.ShouldBe(_store.AppendedAt[1]);
        _store.Content.ShouldBeSameAs(damaged);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_corruption()
    {
        await Write();
        _store.Content[JournalFrame.HeaderBytes] ^= 1;
        Should.Throw<JournalCorruptException>(Open).Position.ShouldBe(0);
    }

    [Fact]
    public async Task Any_damage_is_a_named_error_or_a_shorter_history()
    {
        await Write("/a", "/b", "/c", "/d");
        byte[] whole = _store.Content;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte[1, 255]).Sample((at, flip) =>
        {
            MemoryJournalStore store = new() { Content = (byte[])whole.Clone() };
            store.Content[at] ^= flip;
            try
            {
                using Journal journal = Journal.Open(store, TimeProvider.System, out ZnodeTree tree);
                tree.Zxid.ShouldBe(3);
                tree.Nodes.Count.ShouldBe(4);
            }
            catch (JournalCorruptException)
            {
            }
        });
    }

    [Fact]
    public async Task While_the_journal_cannot_be_written_nothing_is_acknowledged_and_the_sessions_are_cut_off()
    {
        Notices states = new();
        await using EmbeddedCoordination tree = Open();
        ICoordinationSession session = await tree.OpenSession(states.OnState);
        await session.Create("/a", null);
        _store.IsFull = true;
        Notices notices = new();
        await session.GetChildren("/", notices.Watcher);
        (await session.Create("/b", null)).Code.ShouldBe(Code.ConnectionLoss);
        (await states.NextState()).ShouldBe(SessionState.Disconnected);
        (await session.Exists("/a")).Code.ShouldBe(Code.ConnectionLoss);
        notices.IsEmpty.ShouldBeTrue();
        _journal.ShouldBe(["No space left"]);
    }

    [Fact]
    public async Task When_the_journal_can_be_written_again_the_next_operation_goes_on_where_it_stopped()
    {
        Notices states = new();
        Notices notices = new();
        await using (EmbeddedCoordination tree = Open())
        {
            ICoordinationSession session = await tree.OpenSession(states.OnState);
            await session.Create("/a", null);
            await session.GetChildren("/", notices.Watcher);
            _store.IsFull = true;
            (await session.Create("/b", null)).Code.ShouldBe(Code.ConnectionLoss);
            (await session.Create("/never", null)).Code.ShouldBe(Code.ConnectionLoss);
            _store.IsStuck = true;
            _store.IsFull = false;
            (await session.Create("/never", null)).Code.ShouldBe(Code.ConnectionLoss);
            _store.IsStuck = false;

            // The outcome of what was under way was unknown: it has happened. What came while nothing was written has not.
            (await session.Create("/c", null)).Code.ShouldBe(Code.Ok);
            (await states.NextState()).ShouldBe(SessionState.Disconnected);
            (await states.NextState()).ShouldBe(SessionState.Connected);
            (await notices.Next()).ShouldBe(new WatchedEvent(EventType.NodeChildrenChanged, "/"));
            (await session.GetChildren("/")).Children.ShouldBe(["a", "b", "c"]);
            _journal.ShouldBe(["No space left", "well again"]);
        }

        await using EmbeddedCoordination reopened = Open();
        (await (await reopened.OpenSession()).GetChildren("/")).Children.ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_session_that_ends_while_nothing_can_be_written_takes_its_ephemerals_along_later()
    {
        await using EmbeddedCoordination tree = Open();
        ICoordinationSession leaving = await tree.OpenSession();
        ICoordinationSession staying = await tree.OpenSession();
        await leaving.Create("/e", null, CreateMode.Ephemeral);
        _store.IsFull = true;
        await leaving.DisposeAsync();
        (await staying.Exists("/e")).Code.ShouldBe(Code.ConnectionLoss);
        _store.IsFull = false;
        (await staying.Exists("/e")).Code.ShouldBe(Code.NoNode);
        leaving.State.ShouldBe(SessionState.Closed);
    }

    [Fact]
    public async Task A_disk_too_full_to_compact_keeps_the_whole_journal()
    {
        byte[] data = new byte[64 * 1024];
        await using (EmbeddedCoordination tree = Open())
        {
            ICoordinationSession session = await tree.OpenSession();
            await session.Create("/a", data);
            _store.IsTight = true;
            for (int i = 0; i < 40; i++)
            {
                (await session.SetData("/a", data)).Code.ShouldBe(Code.Ok);
            }
            _store.Content.Length.ShouldBeGreaterThan(40 * data.Length);
            _store.IsTight = false;
            for (int i = 0; i < 40; i++)
            {
                (await session.SetData("/a", data)).Code.ShouldBe(Code.Ok);
            }
            _store.Content.Length.ShouldBeLessThan(40 * data.Length);
        }

        await using EmbeddedCoordination reopened = Open();
        (await (await reopened.OpenSession()).Exists("/a")).Stat.Version.ShouldBe(80);
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_said_as_a_failure_of_the_disk()
    {
        string folder = Directory.CreateTempSubdirectory("coordination").FullName;
        try
        {
            // A folder where the file should be: to .NET a missing right.
            Should.Throw<IOException>(() => EmbeddedCoordination.Open(folder, TimeProvider.System)).Message.ShouldContain(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Concurrent_writers_share_flushes_and_all_survive()
    {
        await using (EmbeddedCoordination tree = Open())
        {
            ICoordinationSession session = await tree.OpenSession();
            CreateResult[] answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => session.Create($"/n{i}", null).AsTask()));
            answers.ShouldAllBe(answer => answer.Code == Code.Ok);
            answers.Select(answer => answer.Stat.Czxid).ShouldBe(Enumerable.Range(1, 500).Select(i => (long)i));
        }

        await using EmbeddedCoordination reopened = Open();
        (await (await reopened.OpenSession()).GetChildren("/")).Children!.Count.ShouldBe(500);
    }

    [Fact]
    public async Task A_file_is_held_by_one_process_and_survives_with_its_content()
    {
        string folder = Directory.CreateTempSubdirectory("coordination").FullName;
        string path = Path.Combine(folder, "znodes");
        await using (EmbeddedCoordination tree = EmbeddedCoordination.Open(path, TimeProvider.System))
        {
            await (await tree.OpenSession()).Create("/a", new byte[700_000]);
            await (await tree.OpenSession()).SetData("/a", new byte[700_000]);
            Should.Throw<IOException>(() => EmbeddedCoordination.Open(path, TimeProvider.System));
        }

        await using (EmbeddedCoordination again = EmbeddedCoordination.Open(path, TimeProvider.System))
        {
            (await (await again.OpenSession()).Exists("/a")).Stat.DataLength.ShouldBe(700_000);
        }
        Directory.GetFiles(folder).ShouldBe([path]);
        Directory.Delete(folder, recursive: true);
    }

    private EmbeddedCoordination Open() => EmbeddedCoordination.Open(_store, TimeProvider.System, failure => _journal.Add(failure?.Message ?? "well again"));

    private async Task Write(params string[] paths)
    {
        await using EmbeddedCoordination tree = Open();
        ICoordinationSession session = await tree.OpenSession();
        foreach (string path in paths)
        {
            await session.Create(path, [1, 2, 3]);
        }
    }
}
