using System.Threading.Channels;
using Confluent.Kafka;
using Game.HdfsSink.Consuming;
using Game.HdfsSink.Rows;
using Game.HdfsSink.Tests.Commits;
using Microsoft.Extensions.Time.Testing;

namespace Game.HdfsSink.Tests.Consuming;

public sealed class PartitionWriterTests
{
    private static readonly SinkSettings Settings = new()
    {
        BootstrapServers = "",
        WebHdfs = [],
        Topics = [World.Topic],
        RotateRows = 3,
        RotateBytes = 1000,
        RotateAfter = TimeSpan.FromSeconds(10),
    };

    private readonly FakeTimeProvider _time = new();
    private readonly Channel<Completion> _done = Channel.CreateUnbounded<Completion>();

    [Fact]
    public void ABatchIsDueAtItsLimitOfRows()
    {
        PartitionWriter writer = Writer();
        Append(writer, 0, 1);
        writer.IsDue.ShouldBeFalse();
        Append(writer, 2);
        writer.IsDue.ShouldBeTrue();
    }

    [Fact]
    public void ABatchIsDueAtItsLimitOfBytes()
    {
        PartitionWriter writer = Writer();
        writer.Append(new RawRecord(World.Partition, 0, 0, null, new byte[1000]));
        writer.IsDue.ShouldBeTrue();
    }

    [Fact]
    public void ABatchIsDueATimeAfterItsFirstRecord()
    {
        PartitionWriter writer = Writer();
        _time.Advance(TimeSpan.FromHours(1));
        writer.IsDue.ShouldBeFalse(); // the batch is empty
        Append(writer, 0);
        _time.Advance(TimeSpan.FromSeconds(9));
        Append(writer, 1);
        writer.IsDue.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(1));
        writer.IsDue.ShouldBeTrue();
    }

    [Fact]
    public void PositionsOfMarkersAtTheEndAreCommittedToo()
    {
        PartitionWriter writer = Writer();
        writer.SkipTo(4);
        _time.Advance(TimeSpan.FromSeconds(10));
        (writer.IsDue, writer.Position).ShouldBe((true, 4));
    }

    [Fact]
    public void ARecordIsAppendedOnlyOnce()
    {
        PartitionWriter writer = Writer();
        Append(writer, 5);
        writer.Append(Record(5)).ShouldBeFalse();
        writer.Append(Record(3)).ShouldBeFalse();
        writer.Position.ShouldBe(6);
    }

    [Fact]
    public async Task AfterALostClaimLaterBatchesAreDroppedAndReadingContinuesAtTheNewPosition()
    {
        World world = new(records: 30, seed: 1);
        HdfsSink.Commits.Committer committer = world.Sink();
        PartitionWriter writer = new(new TopicPartition(World.Topic, World.Partition), await committer.OpenAsync(world.State(), world.AskLogEnd, Token),
            Settings, _time);
        await RivalCommitsAsync(world, positions: 9);
        Feed(writer, world.Read(0, 6));
        Feed(writer, world.Read(6, 3));
        writer.Start(committer, new SemaphoreSlim(1), completion => _done.Writer.TryWrite(completion), Token);

        Completion lost = await _done.Reader.ReadAsync(Token);
        (lost.Result!.Value.IsWon, lost.Result.Value.Position).ShouldBe((false, 9));
        (await _done.Reader.ReadAsync(Token)).Result.ShouldBeNull(); // this batch followed the lost range
        writer.ResetTo(lost.Result.Value.Position);
        Feed(writer, world.Read(9, 1000));
        (await _done.Reader.ReadAsync(Token)).Result!.Value.IsWon.ShouldBeTrue();
        writer.Close();
        await writer.Finished;
        world.ShouldHoldEverythingOnce();
    }

    [Fact]
    public async Task AFailureEndsTheWorkerAndCompletesEveryBatch()
    {
        World world = new(records: 30, seed: 1);
        HdfsSink.Commits.Committer committer = world.Sink(new GatedHdfs(world.Hdfs,
            call => call == "CreateAsync" ? throw new KilledException() : Task.CompletedTask, () => Task.CompletedTask));
        PartitionWriter writer = new(new TopicPartition(World.Topic, World.Partition), await committer.OpenAsync(world.State(), world.AskLogEnd, Token),
            Settings, _time);
        Feed(writer, world.Read(0, 6));
        Feed(writer, world.Read(6, 6));
        writer.Start(committer, new SemaphoreSlim(1), completion => _done.Writer.TryWrite(completion), Token);
        (await _done.Reader.ReadAsync(Token)).Error.ShouldBeOfType<KilledException>();
        Completion second = await _done.Reader.ReadAsync(Token);
        (second.Error, second.Result).ShouldBe((null, null));
        writer.Close();
        await writer.Finished;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static RawRecord Record(long offset) => new(World.Partition, offset, 0, null, [1]);

    private static async Task RivalCommitsAsync(World world, int positions)
    {
        HdfsSink.Commits.Committer rival = world.Sink();
        await rival.CommitAsync(world.Read(await rival.OpenAsync(world.State(), world.AskLogEnd, Token), positions), Token);
    }

    private static void Feed(PartitionWriter writer, RecordBatch batch)
    {
        foreach (RawRecord record in batch.Records)
        {
            writer.Append(record);
        }
        writer.SkipTo(batch.Next);
        writer.Rotate();
    }

    private static void Append(PartitionWriter writer, params ReadOnlySpan<long> offsets)
    {
        foreach (long offset in offsets)
        {
            writer.Append(Record(offset)).ShouldBeTrue();
        }
    }

    private PartitionWriter Writer() => new(new TopicPartition(World.Topic, World.Partition), 0, Settings, _time);
}
