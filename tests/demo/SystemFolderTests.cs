using Game.Cli;
using Game.Cli.Processes;

namespace Game.Demo.Tests;

/// <summary>What stays of systems, and which of them queries go to.</summary>
[Collection(GameHome.Name)]
public sealed class SystemFolderTests : IDisposable
{
    private static readonly SettledSystem Four = new(4);
    private readonly TemporaryHome _home = new();
    private int _begun;

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_demo_that_was_interrupted_leaves_the_one_that_was_over()
    {
        SystemFolder finished = Begin("demo");
        finished.Finish("{}");
        finished.RemoveOldDemos();
        SystemFolder interrupted = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(finished.Path);

        SystemFolder next = Begin("demo");
        Directory.Exists(interrupted.Path).ShouldBeFalse("no folder stays for every demo that was interrupted");
        Directory.Exists(finished.Path).ShouldBeTrue();
        SystemFolder.Newest()!.Path.ShouldBe(finished.Path);
        next.Finish("{}");
        next.RemoveOldDemos();
        SystemFolder.Newest()!.Path.ShouldBe(next.Path);
        Directory.Exists(finished.Path).ShouldBeTrue("the newest few stay");
    }

    [Fact]
    public void Of_finished_demos_the_newest_three_stay_and_what_goes_is_told()
    {
        List<string> finished = new();
        IReadOnlyList<string> removed = [];
        for (int i = 0; i < 5; i++)
        {
            SystemFolder demo = Begin("demo");
            demo.Finish("{}");
            removed = demo.RemoveOldDemos();
            finished.Add(demo.Path);
        }

        removed.ShouldBe([Path.GetFileName(finished[1])]);
        Directory.GetDirectories(_home[""], "demo-*").ShouldBe(finished[2..], ignoreOrder: true);

        SystemFolder interrupted = Begin("demo");
        SystemFolder over = Begin("demo");
        over.Finish("{}");
        over.RemoveOldDemos().ShouldBe([Path.GetFileName(finished[2])]);
        Directory.Exists(interrupted.Path).ShouldBeFalse();
    }

    [Fact]
    public void An_up_that_never_started_is_not_gone_on_with()
    {
        SystemFolder up = Begin("up");
        SystemFolder.Create("up", DateTimeOffset.UnixEpoch.AddSeconds(_begun++));
        SystemFolder.NewestOf("up")!.Path.ShouldBe(up.Path);
        up.RemoveUnfinished().ShouldHaveSingleItem();
    }

    [Fact]
    public void Where_no_demo_was_over_the_interrupted_one_can_be_looked_at()
    {
        SystemFolder first = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(first.Path);
        SystemFolder second = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(second.Path);
        Directory.Exists(first.Path).ShouldBeTrue("until the next one is over, or begins");
    }

    [Fact]
    public void A_demo_leaves_the_systems_that_were_up()
    {
        SystemFolder up = Begin("up");
        up.BecomeNewest();
        SystemFolder demo = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(up.Path);
        demo.Finish("{}");
        demo.RemoveOldDemos();
        SystemFolder.NewestOf("up")!.Path.ShouldBe(up.Path);
        SystemFolder.Newest()!.Path.ShouldBe(demo.Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("demo-that-is-gone")]
    public void A_note_of_the_newest_that_says_nothing_is_not_believed(string note)
    {
        SystemFolder finished = Begin("demo");
        finished.Finish("{}");
        Begin("demo");
        File.WriteAllText(_home["newest"], note);
        SystemFolder.Newest()!.Path.ShouldBe(finished.Path);
    }

    [Fact]
    public void Nothing_is_newest_where_nothing_was()
    {
        SystemFolder.Newest().ShouldBeNull();
        SystemFolder.Create("demo", DateTimeOffset.UnixEpoch);
        File.WriteAllText(_home["newest"], "");
        SystemFolder.Newest().ShouldBeNull();
    }

    [Theory]
    [InlineData("system.json", "")]
    [InlineData("system.json", "{\"partitions\":")]
    [InlineData("running.json", "null")]
    public void A_damaged_note_is_named(string name, string text)
    {
        SystemFolder folder = Begin("up");
        string file = Path.Combine(folder.Path, name);
        File.WriteAllText(file, text);
        Should.Throw<UserErrorException>(() => (folder.Settled, folder.Running())).Message.ShouldContain($"{file} is damaged");
    }

    [Fact]
    public void A_full_disk_leaves_what_was_noted_before()
    {
        SystemFolder folder = Begin("up");
        folder.BecomeNewest();
        FillDisk("system.json", Path.GetFileName(folder.Path));
        Should.Throw<IOException>(() => folder.Settle(new SettledSystem(9)));
        folder.Settled.ShouldBe(Four);

        SystemFolder next = Begin("demo");
        FillDisk("newest", "");
        Should.Throw<IOException>(() => next.Finish("{}"));
        SystemFolder.Newest()!.Path.ShouldBe(folder.Path);
    }

    [Fact]
    public void Addresses_outside_are_remembered_and_old_notes_have_none()
    {
        SystemFolder folder = Begin("up");
        SettledSystem outside = new(3, "kafka:9092", "http://a:9870,http://b:9870");
        folder.Settle(outside);
        folder.Settled.ShouldBe(outside);
        File.WriteAllText(Path.Combine(folder.Path, "system.json"), "{\"partitions\": 4}");
        folder.Settled.ShouldBe(Four);
    }

    private SystemFolder Begin(string verb)
    {
        SystemFolder folder = SystemFolder.Create(verb, DateTimeOffset.UnixEpoch.AddSeconds(_begun++));
        folder.RemoveUnfinished();
        folder.Settle(Four);
        return folder;
    }

    // Whatever is written into this device finds no space.
    private void FillDisk(string name, string folder) => File.CreateSymbolicLink(Path.Combine(_home[folder], name + ".new"), "/dev/full");
}
