using Confluent.Kafka;
using Game.Detector.Consuming;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Game.Detector.Tests.Consuming;

public sealed class OffsetCommitterTests
{
    private static readonly TopicPartitionOffset[] Offsets = [new("player-events", 0, 7)];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IConsumer<byte[]?, byte[]?> _consumer = Substitute.For<IConsumer<byte[]?, byte[]?>>();
    private readonly OffsetCommitter _committer;

    public OffsetCommitterTests() => _committer = new(_consumer, NullLogger.Instance);

    [Fact]
    public void A_failed_commit_is_reported_once()
    {
        _consumer.When(c => c.Commit(Arg.Any<IEnumerable<TopicPartitionOffset>>())).Throw(new KafkaException(ErrorCode.RebalanceInProgress));
        _committer.Begin(Offsets);
        _committer.Await(Patience).ShouldBeTrue();
        _committer.TryConfirm().ShouldBeFalse();
        _committer.TryConfirm().ShouldBeTrue();
    }

    [Fact]
    public void A_commit_without_an_answer_does_not_block_the_caller()
    {
        using ManualResetEventSlim answer = new();
        _consumer.When(c => c.Commit(Arg.Any<IEnumerable<TopicPartitionOffset>>())).Do(_ => answer.Wait(Patience));
        _committer.Finish(Offsets, TimeSpan.FromMilliseconds(1));
        _committer.IsIdle.ShouldBeFalse();
        _committer.Await(TimeSpan.FromMilliseconds(1)).ShouldBeFalse();
        answer.Set();
        _committer.Await(Patience).ShouldBeTrue();
        _committer.TryConfirm().ShouldBeTrue();
    }

    [Fact]
    public void Nothing_is_committed_where_there_is_nothing_new()
    {
        _committer.Finish([], Patience);
        _consumer.DidNotReceiveWithAnyArgs().Commit(default(IEnumerable<TopicPartitionOffset>)!);
    }
}
