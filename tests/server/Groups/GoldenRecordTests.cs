using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.Rules;
using Broker.Server.Groups.State;
using Broker.Storage;

namespace Broker.Server.Tests.Groups;

/// <summary>Records of <c>__consumer_offsets</c> that Apache Kafka 3.9.2 has written, read and written again.</summary>
public class GoldenRecordTests
{
    private const string OffsetKey = "0001000673696d706c650002677400000000";
    private const string OffsetValue = "0003000000000000000b0000000000046e6f7465000001a20770d8f7";
    private const string ExpiringOffsetValue = "0001000000000000000f00046e6f7465000001a20770d949000001a207801b89";
    private const string GroupKey = "000200027335";

    private const string StaticMembers =
        "00030008636f6e73756d657200000002000572616e6765002769612d62393437363634662d306664662d343439392d613136362d643436656264653562646138"
        + "000001a20770d55700000002002769622d36363331396435652d333165662d346139352d383033642d6262616538303533623635390002696200016200"
        + "0a2f3132372e302e302e3100001388000027100000001200010000000100026774ffffffff0000000000000000002769612d62393437363634662d30666466"
        + "2d343439392d613136362d64343665626465356264613800026961000161000a2f3132372e302e302e310000138800002710000000120001000000010002"
        + "6774ffffffff0000000000000003010203";

    private const string DynamicMember =
        "00030008636f6e73756d657200000001000572616e67650026612d38323832316233322d663736342d346365322d613130382d333232376131646632333966"
        + "000001a20770d30c000000010026612d38323832316233322d663736342d346365322d613130382d333232376131646632333966ffff000161000a2f313237"
        + "2e302e302e3100001388000027100000001200010000000100026774ffffffff0000000000000003010203";

    private const string NoMembers = "00030008636f6e73756d657200000003ffffffff000001a20770d57b00000000";

    [Theory]
    [InlineData(OffsetValue, 11, 0, null)]
    [InlineData(ExpiringOffsetValue, 15, -1, 1795422165897)]
    public void Offsets(string value, long offset, int epoch, long? expiry)
    {
        OffsetRecord record = OffsetsTopic.Read(Bytes(OffsetKey), Bytes(value)).ShouldBeOfType<OffsetRecord>();
        record.GroupId.ShouldBe("simple");
        record.Partition.ShouldBe(new TopicPartition("gt", 0));
        (record.Offset!.Offset, record.Offset.LeaderEpoch, record.Offset.Metadata, record.Offset.ExpireMs).ShouldBe((offset, epoch, "note", expiry));
        LogRecord again = OffsetsTopic.Offset(record.GroupId, record.Partition, record.Offset);
        Hex(again.Key).ShouldBe(OffsetKey);
        Hex(again.Value!).ShouldBe(value);
    }

    [Theory]
    [InlineData(StaticMembers, "Stable", 2, 2)]
    [InlineData(DynamicMember, "Stable", 1, 1)]
    [InlineData(NoMembers, "Empty", 3, 0)]
    public void Generations(string value, string state, int generation, int members)
    {
        GenerationRecord record = OffsetsTopic.Read(Bytes(GroupKey), Bytes(value)).ShouldBeOfType<GenerationRecord>();
        Group group = LoadRules.Restore(record.GroupId, record.Generation!);
        (group.Id, GroupStates.Name(group.State), group.Generation, group.Size).ShouldBe(("s5", state, generation, members));
        LogRecord again = OffsetsTopic.Generation(group, group.Members.ToDictionary(member => member.Id, member => member.Assignment, StringComparer.Ordinal));
        Hex(again.Key).ShouldBe(GroupKey);
        Hex(again.Value!).ShouldBe(value);
    }

    [Fact]
    public void A_whole_group_as_it_was()
    {
        MemoryOffsetsLog log = new();
        log.Add(new LogRecord(Bytes(GroupKey), Bytes(StaticMembers)), new LogRecord(Bytes(OffsetKey), Bytes(OffsetValue)));
        using Stage stage = new(log: log);
        GroupDescription group = stage.Describe("s5");
        group.Members.Select(member => (member.InstanceId, member.ClientId, member.Assignment.Length)).ShouldBe([("ib", "b", 0), ("ia", "a", 3)]);
        stage.Ask(new MemberHeartbeatRequest(2, group.Members[1].MemberId, "ia"), "s5").ShouldBe(ErrorCode.None);
        stage.Committed("gt", "simple").ShouldBe(11);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
