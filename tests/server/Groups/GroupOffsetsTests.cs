using Broker.Server.Groups;
using Broker.Server.Groups.Offsets;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

public sealed class GroupOffsetsTests
{
    private static readonly TopicPartition Partition = new("topic", 0);

    [Fact]
    public void A_commit_that_a_deletion_has_overtaken_takes_nothing_from_a_later_one()
    {
        GroupOffsets offsets = new();
        offsets.Begin(Partition);
        offsets.Remove(Partition).ShouldBeTrue();
        offsets.IsUnderWay(Partition).ShouldBeFalse();
        offsets.Begin(Partition);
        offsets.End(Partition, At(5, appendedAt: 1));
        offsets.Find(Partition).ShouldBeNull("its record lies before the tombstone");
        offsets.IsUnderWay(Partition).ShouldBeTrue();
        offsets.End(Partition, At(7, appendedAt: 3));
        offsets.Find(Partition)!.Offset.ShouldBe(7);
    }

    [Fact]
    public void A_group_is_not_empty_while_an_overtaken_commit_has_not_ended()
    {
        GroupOffsets offsets = new();
        offsets.Begin(Partition);
        offsets.Remove(Partition);
        offsets.IsEmpty.ShouldBeFalse();
        offsets.End(Partition, null);
        offsets.IsEmpty.ShouldBeTrue();
    }

    private static CommittedOffset At(long offset, long appendedAt) => new(offset, -1, "", 0) { AppendedAt = appendedAt };
}
