using Game.HdfsSink.Commits;
using Game.WebHdfs;

namespace Game.HdfsSink.Tests.Commits;

public sealed class RefusalTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ATopicThatWasDeletedAndCreatedAgainIsRefused()
    {
        World world = await CommittedAsync();
        world.TopicId = "topic-id-2";
        SinkRefusedException refusal = await Should.ThrowAsync<SinkRefusedException>(() => world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token));
        refusal.Message.ShouldContain("topic-id-2");
    }

    [Fact]
    public async Task ATopicThatIsReplacedBetweenTwoCommitsIsRefused()
    {
        World world = new(24, seed: 1);
        Committer sink = world.Sink();
        long position = (await sink.CommitAsync(world.Read(await sink.OpenAsync(world.State(), world.AskLogEnd, Token), 5), Token)).Position;
        world.TopicId = "topic-id-2";
        await Should.ThrowAsync<SinkRefusedException>(() => sink.CommitAsync(world.Read(position, 5), Token));
        world.Chain().Count.ShouldBe(1);
    }

    [Fact]
    public async Task ALogThatEndsBelowTheNewestCommitIsRefused()
    {
        World world = await CommittedAsync();
        world.LogEnd--;
        SinkRefusedException refusal = await Should.ThrowAsync<SinkRefusedException>(() => world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token));
        refusal.Message.ShouldContain($"ends at {world.LogEnd}");
    }

    [Fact]
    public async Task ARangeThatRetentionDeletedIsAManifestWithoutFiles()
    {
        World world = new(24, seed: 1) { LogStart = 9 };
        await world.RunAsync(world.Hdfs, 5);
        Manifest lost = world.Chain()[0];
        (lost.First, lost.Next, lost.LostToRetention, lost.Files.Count, lost.Rows).ShouldBe((0, 9, true, 0, 0));
        world.ShouldHoldEverythingOnce();
    }

    [Fact]
    public async Task ARangeThatRetentionDeletedWhileTheSinkWasStoppedIsRecordedToo()
    {
        World world = new(24, seed: 1);
        Committer sink = world.Sink();
        await sink.CommitAsync(world.Read(await sink.OpenAsync(world.State(), world.AskLogEnd, Token), 5), Token);
        world.LogStart = 11;
        (await world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token)).ShouldBe(11);
        world.Chain()[1].LostToRetention.ShouldBeTrue();
    }

    [Fact]
    public async Task ADamagedManifestIsRefused()
    {
        World world = await CommittedAsync();
        await world.Hdfs.CreateAsync(world.Warehouse.Claim(World.Partition, world.Chain()[^1].First), new MemoryStream([1, 2, 3]), overwrite: true, Token);
        await Should.ThrowAsync<SinkRefusedException>(() => world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token));
    }

    [Fact]
    public async Task AFileWithTheNameOfADataFileIsRefusedAndNotReplaced()
    {
        World world = new(24, seed: 1);
        Committer sink = world.Sink();
        Rows.RecordBatch batch = world.Read(await sink.OpenAsync(world.State(), world.AskLogEnd, Token), 50);
        string existing = world.Warehouse.DataFile(World.Partition, batch.First, batch.Next, new Rows.HourFile(0, false));
        await world.Hdfs.CreateAsync(existing, new MemoryStream([42]), cancellationToken: Token);
        await Should.ThrowAsync<SinkRefusedException>(() => sink.CommitAsync(batch, Token));
        world.Hdfs.Files[existing].ShouldBe([42]);
    }

    [Fact]
    public async Task ABrokenUploadIsTriedAgainUnderAnotherName()
    {
        World world = new(6, seed: 1);
        int calls = 0;
        Task Break() => ++calls == 3 ? throw new WebHdfsException(HdfsError.Unreachable, "the connection broke") : Task.CompletedTask;
        // The third call is the first upload: it succeeds, and its answer is lost.
        Committer sink = world.Sink(new GatedHdfs(world.Hdfs, _ => Task.CompletedTask, Break));
        await sink.CommitAsync(world.Read(await sink.OpenAsync(world.State(), world.AskLogEnd, Token), 50), Token);
        world.ShouldHoldEverythingOnce();
        await world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token);
        world.Staged.ShouldBeEmpty();
    }

    [Fact]
    public async Task RestartingWithNothingNewWritesNothing()
    {
        World world = await CommittedAsync();
        List<string> before = world.Hdfs.Files.Keys.ToList();
        (await world.Sink().OpenAsync(world.State(), world.AskLogEnd, Token)).ShouldBe(world.LogEnd);
        world.Hdfs.Files.Keys.ShouldBe(before);
    }

    private static async Task<World> CommittedAsync()
    {
        World world = new(24, seed: 1);
        await world.RunAsync(world.Hdfs, 5);
        return world;
    }
}
