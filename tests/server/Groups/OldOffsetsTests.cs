using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Tests.Controller;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

public sealed class OldOffsetsTests
{
    private static readonly TopicPartition Partition = new("t", 0);

    [Fact]
    public async Task Only_so_many_groups_are_kept_in_znodes_and_those_go_on()
    {
        await using ControlledCluster cluster = new();
        await cluster.Prepare();
        OldOffsets offsets = new(cluster.Znodes, maxGroups: 2);
        (await offsets.Commit("a", Partition, 1)).ShouldBe(ErrorCode.None);
        (await offsets.Commit("b", Partition, 2)).ShouldBe(ErrorCode.None);
        (await offsets.Commit("c", Partition, 3)).ShouldBe(ErrorCode.CoordinatorNotAvailable);
        (await offsets.Commit("a/c", Partition, 3)).ShouldBe(ErrorCode.InvalidGroupId);
        (await offsets.Commit("a", Partition, 4)).ShouldBe(ErrorCode.None);
        (await offsets.Commit("b", new TopicPartition("t", 1), 5)).ShouldBe(ErrorCode.None);
        (await offsets.Fetch("a", Partition)).ShouldBe((ErrorCode.None, 4));
        (await cluster.Znodes.Children("/consumers")).ShouldBe(["a", "b"]);
    }
}
