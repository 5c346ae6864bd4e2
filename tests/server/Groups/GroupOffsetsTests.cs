using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

public sealed class GroupOffsetsTests
{
    private static readonly TopicPartition Partition = new("topic", 0);
    private readonly GroupOffsets _offsets = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_commit_that_a_deletion_has_overtaken_takes_nothing_from_a_later_one_whichever_ends_first(bool laterFirst)
    {
        long overtaken = _offsets.Begin(Partition);
        _offsets.Remove(Partition).ShouldBeTrue();
        _offsets.IsPending(Partition).ShouldBeFalse();
        long later = _offsets.Begin(Partition);
        if (laterFirst)
        {
            _offsets.End(Partition, later, At(7, appendedAt: 3));
            _offsets.End(Partition, overtaken, At(5, appendedAt: 1));
        }
        else
        {
            _offsets.End(Partition, overtaken, At(5, appendedAt: 1));
            _offsets.Find(Partition).ShouldBeNull("its record lies before the tombstone");
            _offsets.IsPending(Partition).ShouldBeTrue();
            _offsets.End(Partition, later, At(7, appendedAt: 3));
        }

        _offsets.Find(Partition)!.Offset.ShouldBe(7);
        _offsets.IsPending(Partition).ShouldBeFalse();
    }

    [Fact]
    public void Of_two_commits_the_one_appended_later_holds_whichever_ends_first()
    {
        long first = _offsets.Begin(Partition);
        long second = _offsets.Begin(Partition);
        _offsets.End(Partition, second, At(7, appendedAt: 3));
        _offsets.IsPending(Partition).ShouldBeTrue();
        _offsets.End(Partition, first, At(5, appendedAt: 1));
        _offsets.Find(Partition)!.Offset.ShouldBe(7);
    }

    [Fact]
    public void A_group_is_not_empty_while_an_overtaken_commit_has_not_ended()
    {
        long ticket = _offsets.Begin(Partition);
        _offsets.Remove(Partition);
        _offsets.IsEmpty.ShouldBeFalse();
        _offsets.End(Partition, ticket, null);
        _offsets.IsEmpty.ShouldBeTrue();
    }

    private static CommittedOffset At(long offset, long appendedAt) => new(offset, -1, "", 0) { AppendedAt = appendedAt };
}
