using System.Text;
using Game.HdfsSink.Commits;

namespace Game.HdfsSink.Tests.Commits;

/// <summary>
/// Files in the warehouse that the sink did not write: it skips them, and refuses the partition where one has a name that the next commit needs.
/// </summary>
public sealed class MisplacedFileTests
{
    /// <summary>A position within the log at which no commit begins: each commit holds five positions.</summary>
    private const long NoClaim = 13;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("not a manifest")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task A_file_that_only_has_a_manifests_name_is_skipped(string text)
    {
        World world = await CommittedAsync();
        string path = world.Warehouse.Claim(World.Partition, NoClaim);
        await PutAsync(world, path, text);
        await ShouldSkipAsync(world, path);
    }

    [Fact]
    public async Task A_manifest_of_another_position_topic_or_partition_is_skipped()
    {
        World world = await CommittedAsync();
        Manifest manifest = world.Chain()[0];
        Manifest here = manifest with { First = NoClaim, Next = 99 };
        foreach (Manifest misplaced in new[] { manifest, here with { Topic = "others" }, here with { Partition = 0 } })
        {
            string path = world.Warehouse.Claim(World.Partition, NoClaim);
            await PutAsync(world, path, Encoding.UTF8.GetString(misplaced.ToJson()));
            await ShouldSkipAsync(world, path);
        }
    }

    [Fact]
    public async Task Folders_among_manifests_and_staged_files_are_skipped()
    {
        World world = await CommittedAsync();
        await PutAsync(world, world.Warehouse.Claim(World.Partition, NoClaim) + "/inside", "x");
        await PutAsync(world, world.Warehouse.Staged(World.Partition, 0, 5, Guid.Empty, "1+0.parquet") + "/inside", "x");
        await PutAsync(world, world.Warehouse.Staging + "/notes.txt", "x");
        await PutAsync(world, world.Warehouse.Commits(World.Partition) + "/notes.txt", "x");
        (await world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token)).ShouldBe(world.LogEnd);
        world.Hdfs.Files.Count(file => file.Value is [(byte)'x']).ShouldBe(4);
    }

    [Theory]
    [InlineData("_tmp")]
    [InlineData("_commits")]
    [InlineData("_commits/3")]
    [InlineData("dt=1970-01-01")]
    [InlineData("dt=1970-01-01/hour=00")]
    public async Task A_file_where_a_folder_belongs_is_refused_in_one_sentence(string name)
    {
        World world = new(24, seed: 1);
        string path = $"{World.Root}/{World.Topic}/{name}";
        await PutAsync(world, path, "x");
        (await Should.ThrowAsync<SinkRefusedException>(() => world.RunAsync(world.Hdfs, 24))).Message.ShouldContain(path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/inside")]
    public async Task A_file_or_folder_with_the_name_of_the_first_manifest_is_refused(string below)
    {
        World world = new(24, seed: 1);
        string path = world.Warehouse.Claim(World.Partition, 0);
        await PutAsync(world, path + below, "x");
        (await Should.ThrowAsync<SinkRefusedException>(() => world.RunAsync(world.Hdfs, 5))).Message.ShouldContain(path);
    }

    private static async Task ShouldSkipAsync(World world, string path)
    {
        world.Warnings.Clear();
        (await world.Sink().OpenAsync(world.State() with { LogEnd = NoClaim }, world.AskLogEnd, Token)).ShouldBe(world.LogEnd);
        world.Warnings.ShouldHaveSingleItem().ShouldContain(path);
    }

    private static Task PutAsync(World world, string path, string text) =>
        world.Hdfs.CreateAsync(path, new MemoryStream(Encoding.UTF8.GetBytes(text)), overwrite: true, Token);

    private static async Task<World> CommittedAsync()
    {
        World world = new(24, seed: 1);
        await world.RunAsync(world.Hdfs, 5);
        return world;
    }
}
