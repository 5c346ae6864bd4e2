using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Integration.Tests.Clients;

public sealed class GroupTests(OneBroker broker)
{
    private const int Partitions = 6;
    private static readonly int[] All = [0, 1, 2, 3, 4, 5];

    [Theory]
    [InlineData(PartitionAssignmentStrategy.Range)]
    [InlineData(PartitionAssignmentStrategy.RoundRobin)]
    public async Task Two_members_share_the_partitions_and_the_other_gets_those_of_one_that_leaves(PartitionAssignmentStrategy strategy)
    {
        (string topic, string group) = await TopicAsync("shared");
        await using GroupMember first = new(broker.BootstrapServers, group, topic, config => config.PartitionAssignmentStrategy = strategy);
        await HasAsync(first, All);
        await using (GroupMember second = new(broker.BootstrapServers, group, topic, config => config.PartitionAssignmentStrategy = strategy))
        {
            await SharedAsync(first, second);
            using IAdminClient admin = Kafka.Admin(broker.BootstrapServers);
            ConsumerGroupDescription described = (await admin.DescribeConsumerGroupsAsync([group])).ConsumerGroupDescriptions[0];
            described.State.ShouldBe(ConsumerGroupState.Stable);
            described.PartitionAssignor.ShouldBe(strategy == PartitionAssignmentStrategy.Range ? "range" : "roundrobin");
            described.Members.SelectMany(m => m.Assignment.TopicPartitions).Select(p => p.Partition.Value).Order().ShouldBe(All);
        }

        await HasAsync(first, All);
    }

    [Fact]
    public async Task A_cooperative_member_keeps_the_partitions_that_do_not_move()
    {
        (string topic, string group) = await TopicAsync("cooperative");
        await using GroupMember first = new(broker.BootstrapServers, group, topic, Cooperative);
        await HasAsync(first, All);
        await using GroupMember second = new(broker.BootstrapServers, group, topic, Cooperative);
        await SharedAsync(first, second);
        first.Revoked.ShouldBe(Partitions / 2);
        second.Revoked.ShouldBe(0);
    }

    [Fact]
    public async Task A_static_member_that_returns_has_its_partitions_without_a_rebalance()
    {
        (string topic, string group) = await TopicAsync("static");
        await using GroupMember stays = new(broker.BootstrapServers, group, topic, config => config.GroupInstanceId = "stays");
        int[] before;
        string memberId;
        await using (GroupMember returns = new(broker.BootstrapServers, group, topic, config => config.GroupInstanceId = "returns"))
        {
            await SharedAsync(stays, returns);
            before = [.. returns.Assignment];
            memberId = returns.MemberId;
        }

        int revoked = stays.Revoked;
        await using GroupMember again = new(broker.BootstrapServers, group, topic, config => config.GroupInstanceId = "returns");
        await HasAsync(again, before);
        again.MemberId.ShouldNotBe(memberId);
        stays.Revoked.ShouldBe(revoked);
    }

    [Fact]
    public async Task A_member_whose_connections_broke_loses_its_partitions_after_the_session_time_out()
    {
        const int SessionTimeoutMs = 1500;
        using TempFolder folder = new();
        int[] ports = FreePorts.Take(3);
        await using BrokerProcess relayed = await BrokerProcess.StartAsync(folder["broker"], ports[0], "group.min.session.timeout.ms=500",
            $"listeners=PLAINTEXT://127.0.0.1:{ports[0]},RELAYED://127.0.0.1:{ports[1]}",
                $"advertised.listeners=PLAINTEXT://127.0.0.1:{ports[0]},RELAYED://127.0.0.1:{ports[2]}",
            "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,RELAYED:PLAINTEXT", "inter.broker.listener.name=PLAINTEXT");
        using Relay relay = new(ports[2], ports[1]);
        using (IAdminClient admin = Kafka.Admin(relayed.BootstrapServers))
        {
            await admin.CreateTopicAsync("t", Partitions);
        }
        await using GroupMember survivor = new(relayed.BootstrapServers, "g", "t", config => config.SessionTimeoutMs = SessionTimeoutMs);
        await using GroupMember lost = new($"127.0.0.1:{ports[2]}", "g", "t", config => config.SessionTimeoutMs = SessionTimeoutMs);
        await SharedAsync(survivor, lost);
        relay.Cut();
        lost.VanishOnDispose();
        await HasAsync(survivor, All);
    }

    [Fact]
    public async Task A_group_continues_at_its_committed_offsets()
    {
        (string topic, string group) = await TopicAsync("resumed");
        await Kafka.ProduceNumbersAsync(broker.BootstrapServers, topic, 600);
        using (IConsumer<string, string> first = Kafka.Consumer(broker.BootstrapServers, group))
        {
            first.Subscribe(topic);
            first.Take(250);
            first.Commit();
            first.Close();
        }

        await Kafka.ProduceNumbersAsync(broker.BootstrapServers, topic, 50, first: 600);
        using IConsumer<string, string> second = Kafka.Consumer(broker.BootstrapServers, group);
        second.Subscribe(topic);
        second.Take(400).Select(r => (r.Partition, r.Offset)).Distinct().Count().ShouldBe(400);
        second.Consume(TimeSpan.FromMilliseconds(200)).ShouldBeNull();
        second.Close();
    }

    [Fact]
    public async Task A_group_s_offsets_can_be_read_set_and_deleted_from_outside()
    {
        (string topic, string group) = await TopicAsync("administered");
        using IAdminClient admin = Kafka.Admin(broker.BootstrapServers);
        await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(group,
            [new TopicPartitionOffset(topic, 0, 7), new TopicPartitionOffset(topic, 1, 8)])]);
        (await OffsetsAsync()).ShouldBe([7L, 8L], ignoreOrder: true);
        (await admin.ListConsumerGroupsAsync()).Valid.Select(g => g.GroupId).ShouldContain(group);
        await admin.DeleteConsumerGroupOffsetsAsync(group, [new TopicPartition(topic, 0)]);
        (await OffsetsAsync()).ShouldBe([8L]);
        await admin.DeleteGroupsAsync([group]);
        (await admin.ListConsumerGroupsAsync()).Valid.Select(g => g.GroupId).ShouldNotContain(group);

        async Task<long[]> OffsetsAsync()
            => [.. (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]))[0].Partitions.Select(p => p.Offset.Value)
                .Where(o => o >= 0)];
    }

    [Fact]
    public async Task A_group_with_members_cannot_be_deleted()
    {
        (string topic, string group) = await TopicAsync("alive");
        await using GroupMember member = new(broker.BootstrapServers, group, topic);
        await HasAsync(member, All);
        using IAdminClient admin = Kafka.Admin(broker.BootstrapServers);
        DeleteGroupsException refused = await Should.ThrowAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync([group]));
        refused.Results[0].Error.Code.ShouldBe(ErrorCode.NonEmptyGroup);
    }

    private static void Cooperative(ConsumerConfig config) => config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;

    private static Task HasAsync(GroupMember member, int[] partitions)
        => Until.HoldsAsync($"the member has the partitions {string.Join(' ', partitions)}", Kafka.Patience, () => member.Assignment.SequenceEqual(partitions));

    private static Task SharedAsync(GroupMember one, GroupMember other)
        => Until.HoldsAsync("each member has half of the partitions", Kafka.Patience,
        () => one.Assignment.Count == Partitions / 2 && one.Assignment.Concat(other.Assignment).Order().SequenceEqual(All));

    private async Task<(string Topic, string Group)> TopicAsync(string about)
    {
        string topic = broker.FreshName(about);
        using IAdminClient admin = Kafka.Admin(broker.BootstrapServers);
        await admin.CreateTopicAsync(topic, Partitions);
        return (topic, $"{topic}-group");
    }
}
