using Game.Cli;
using Game.Cli.Processes;

namespace Game.Demo.Tests;

/// <summary>Which folders of systems are deleted, and which one queries read.</summary>
[Collection(GameHome.Name)]
public sealed class SystemFolderTests : IDisposable
{
    private static readonly SystemOptions FourPartitions = new(4);
    private readonly TemporaryHome _home = new();
    private int _begun;

    public void Dispose() => _home.Dispose();

    [Fact]
    public void An_interrupted_demo_leaves_the_finished_one()
    {
        SystemFolder finished = Begin("demo");
        finished.Finish("{}");
        finished.RemoveOldDemos();
        SystemFolder interrupted = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(finished.Path);

        SystemFolder next = Begin("demo");
        Directory.Exists(interrupted.Path).ShouldBeFalse("the folder of an interrupted demo is deleted");
        Directory.Exists(finished.Path).ShouldBeTrue();
        SystemFolder.Newest()!.Path.ShouldBe(finished.Path);
        next.Finish("{}");
        next.RemoveOldDemos();
        SystemFolder.Newest()!.Path.ShouldBe(next.Path);
        Directory.Exists(finished.Path).ShouldBeTrue("the newest few stay");
    }

    [Fact]
    public void The_newest_three_finished_demos_stay_and_the_names_of_the_deleted_ones_are_returned()
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
    public void Up_does_not_continue_a_system_that_never_started()
    {
        SystemFolder up = Begin("up");
        SystemFolder.Create("up", DateTimeOffset.UnixEpoch.AddSeconds(_begun++));
        SystemFolder.NewestOf("up")!.Path.ShouldBe(up.Path);
        up.RemoveUnfinished().ShouldHaveSingleItem();
    }

    [Fact]
    public void Without_a_finished_demo_queries_read_the_interrupted_one()
    {
        SystemFolder first = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(first.Path);
        SystemFolder second = Begin("demo");
        SystemFolder.Newest()!.Path.ShouldBe(second.Path);
        Directory.Exists(first.Path).ShouldBeTrue("it stays until the next demo finishes or begins");
    }

    [Fact]
    public void A_demo_keeps_the_folders_of_up()
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
    [InlineData("demo-that-does-not-exist")]
    public void A_file_newest_that_names_no_folder_is_ignored(string note)
    {
        SystemFolder finished = Begin("demo");
        finished.Finish("{}");
        Begin("demo");
        File.WriteAllText(_home["newest"], note);
        SystemFolder.Newest()!.Path.ShouldBe(finished.Path);
    }

    [Fact]
    public void No_folder_is_newest_where_no_system_has_started()
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
    public void A_damaged_file_is_named(string name, string text)
    {
        SystemFolder folder = Begin("up");
        string file = Path.Combine(folder.Path, name);
        File.WriteAllText(file, text);
        Should.Throw<UserErrorException>(() => (folder.SavedOptions, folder.Running())).Message.ShouldContain($"{file} is damaged");
    }

    [Fact]
    public void A_full_disk_leaves_the_old_file()
    {
        SystemFolder folder = Begin("up");
        folder.BecomeNewest();
        FillDisk("system.json", Path.GetFileName(folder.Path));
        Should.Throw<IOException>(() => folder.SaveOptions(new SystemOptions(9)));
        folder.SavedOptions.ShouldBe(FourPartitions);

        SystemFolder next = Begin("demo");
        FillDisk("newest", "");
        Should.Throw<IOException>(() => next.Finish("{}"));
        SystemFolder.Newest()!.Path.ShouldBe(folder.Path);
    }

    [Fact]
    public void Outside_addresses_are_saved_and_old_files_have_none()
    {
        SystemFolder folder = Begin("up");
        SystemOptions outside = new(3, "kafka:9092", "http://a:9870,http://b:9870", Cluster: true);
        folder.SaveOptions(outside);
        folder.SavedOptions.ShouldBe(outside);
        File.WriteAllText(Path.Combine(folder.Path, "system.json"), "{\"partitions\": 4}");
        folder.SavedOptions.ShouldBe(FourPartitions);
    }

    private SystemFolder Begin(string verb)
    {
        SystemFolder folder = SystemFolder.Create(verb, DateTimeOffset.UnixEpoch.AddSeconds(_begun++));
        folder.RemoveUnfinished();
        folder.SaveOptions(FourPartitions);
        return folder;
    }

    // A write to this device fails: no space left.
    private void FillDisk(string name, string folder) => File.CreateSymbolicLink(Path.Combine(_home[folder], name + ".new"), "/dev/full");
}
