using Confluent.Kafka;
using Game.Detector.Consuming;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Game.Detector.Tests.Consuming;

public sealed class OffsetCommitterTests
{
    private static readonly TopicPartitionOffset[] Offsets = [new("player-events", 0, 7)];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IConsumer<byte[]?, byte[]?> consumer = Substitute.For<IConsumer<byte[]?, byte[]?>>();
    private readonly OffsetCommitter committer;

    public OffsetCommitterTests() => committer = new(consumer, NullLogger.Instance);

    [Fact]
    public void A_failed_commit_is_told_once()
    {
        consumer.When(c => c.Commit(Arg.Any<IEnumerable<TopicPartitionOffset>>())).Throw(new KafkaException(ErrorCode.RebalanceInProgress));
        committer.Begin(Offsets);
        committer.Await(Patience).ShouldBeTrue();
        committer.TakeResult().ShouldBeFalse();
        committer.TakeResult().ShouldBeTrue();
    }

    [Fact]
    public void A_coordinator_that_does_not_answer_holds_nobody_up()
    {
        using var answer = new ManualResetEventSlim();
        consumer.When(c => c.Commit(Arg.Any<IEnumerable<TopicPartitionOffset>>())).Do(_ => answer.Wait(Patience));
        committer.Finish(Offsets, TimeSpan.FromMilliseconds(1));
        committer.IsIdle.ShouldBeFalse();
        committer.Await(TimeSpan.FromMilliseconds(1)).ShouldBeFalse();
        answer.Set();
        committer.Await(Patience).ShouldBeTrue();
        committer.TakeResult().ShouldBeTrue();
    }

    [Fact]
    public void Nothing_is_committed_where_there_is_nothing_new()
    {
        committer.Finish([], Patience);
        consumer.DidNotReceiveWithAnyArgs().Commit(default(IEnumerable<TopicPartitionOffset>)!);
    }
}
