using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Controller;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Tests.Controller;

public sealed class LeaderElectionsTests
{
    private static readonly TopicPartition T0 = new("t", 0);

    [Fact]
    public async Task Preferred_leaders_are_elected_where_they_are_in_sync()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1], [1, 2], [2, 1]);
        await cluster.Kill(2);
        await cluster.StartBroker(2);
        await Join(cluster, T0);
        (await Elect(cluster, isUnclean: false, T0, new("t", 1), new("t", 2), new("t", 7), new("none", 0))).ShouldBe([
            new ElectionResult(T0, ErrorCode.None, 2), new(new("t", 1), ErrorCode.ElectionNotNeeded),
            new(new("t", 2), ErrorCode.PreferredLeaderNotAvailable), new(new("t", 7), ErrorCode.UnknownTopicOrPartition),
            new(new("none", 0), ErrorCode.UnknownTopicOrPartition)]);
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(2), s => s.Isr.ShouldBe([1, 2]));
        (await Elect(cluster, isUnclean: false, T0)).ShouldBe([new ElectionResult(T0, ErrorCode.ElectionNotNeeded)]);
    }

    [Fact]
    public async Task An_unclean_leader_is_elected_when_an_administrator_asks_for_it()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1], [2]);
        await Leave(cluster, T0, isr: [2]);
        await cluster.Kill(2);
        (await cluster.State("t")).Leader.ShouldBe(-1);
        (await Elect(cluster, isUnclean: true, T0, new("t", 1))).ShouldBe([
            new ElectionResult(T0, ErrorCode.None, 1), new(new("t", 1), ErrorCode.EligibleLeadersNotAvailable)]);
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(1), s => s.Isr.ShouldBe([1]), s => s.IsRecovering.ShouldBeTrue());
        (await Elect(cluster, isUnclean: true, T0)).ShouldBe([new ElectionResult(T0, ErrorCode.ElectionNotNeeded)]);
    }

    [Fact]
    public async Task A_topic_that_is_being_deleted_gets_no_election_and_only_the_controller_elects()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        await cluster.Kill(2);
        await cluster.DeleteTopic("t");
        (await Elect(cluster, isUnclean: false, T0)).ShouldBe([new ElectionResult(T0, ErrorCode.InvalidTopicException)]);
        await cluster.StartBroker(2);
        (await cluster.Controller(2).ElectLeaders(false, [T0])).ShouldBe([new ElectionResult(T0, ErrorCode.NotController)]);
    }

    [Fact]
    public async Task Once_a_topic_allows_it_an_unclean_leader_is_elected_at_once()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        await cluster.CreateTopic("u", [2, 1]);
        await Leave(cluster, T0, isr: [2]);
        await Leave(cluster, new("u", 0), isr: [2]);
        await cluster.Kill(2);
        cluster.UncleanTopics.Add("t");
        cluster.Controller(1).SettingsChanged("t");
        await cluster.Settle();
        (await cluster.State("t")).Leader.ShouldBe(1);
        (await cluster.State("u")).Leader.ShouldBe(-1);
    }

    [Fact]
    public async Task Old_tools_ask_in_the_tree_also_before_a_take_over()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1], [2, 1]);
        await cluster.Kill(2);
        await cluster.StartBroker(2);
        await Join(cluster, T0);
        await Request(cluster, PartitionListZnode.Encode([T0]));
        (await cluster.State("t")).Leader.ShouldBe(2);

        await Request(cluster, [1, 2, 3]);
        await Join(cluster, new("t", 1));
        await cluster.Tree.Disconnect(cluster.Session(1));
        await cluster.Client.Current.Create(ZnodePaths.PreferredElection, PartitionListZnode.Encode([new("t", 1)]));
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        (await cluster.State("t", 1)).Leader.ShouldBe(2);
        (await cluster.Znodes.Exists(ZnodePaths.PreferredElection)).ShouldBeFalse();
    }

    [Fact]
    public async Task Leadership_is_moved_back_five_seconds_after_the_take_over_and_then_at_every_interval()
    {
        await using ControlledCluster cluster = new() { Balancing = new LeaderBalancing(TimeSpan.FromSeconds(300), 10) };
        await cluster.Prepare();
        await cluster.StartBroker(1);
        await cluster.StartBroker(2);
        await cluster.CreateTopic("t", [2, 1]);
        await Unbalance(cluster);
        await cluster.Pass(TimeSpan.FromSeconds(4));
        (await cluster.State("t")).Leader.ShouldBe(1);
        await cluster.Pass(TimeSpan.FromSeconds(1));
        (await cluster.State("t")).Leader.ShouldBe(2);

        await Unbalance(cluster);
        await cluster.Pass(TimeSpan.FromSeconds(299));
        (await cluster.State("t")).Leader.ShouldBe(1);
        await cluster.Pass(TimeSpan.FromSeconds(1));
        (await cluster.State("t")).Leader.ShouldBe(2);
    }

    [Theory]
    [InlineData(50, false)]
    [InlineData(49, true)]
    public async Task Leadership_is_moved_back_only_above_the_percentage(int percentage, bool isMoved)
    {
        await using ControlledCluster cluster = new() { Balancing = new LeaderBalancing(TimeSpan.FromSeconds(300), percentage) };
        await cluster.Prepare();
        await cluster.StartBroker(1);
        await cluster.StartBroker(2);
        await cluster.CreateTopic("t", [2, 1], [2]);
        await Unbalance(cluster);
        await cluster.Pass(LeaderBalancing.FirstAfter);
        (await cluster.State("t")).Leader.ShouldBe(isMoved ? 2 : 1);
    }

    /// <summary>Broker 2 is restarted and in sync again; 1 has taken over t-0.</summary>
    private static async Task Unbalance(ControlledCluster cluster)
    {
        await cluster.Kill(2);
        await cluster.StartBroker(2);
        await Join(cluster, T0);
    }

    private static Task<IReadOnlyList<ElectionResult>> Elect(ControlledCluster cluster, bool isUnclean, params TopicPartition[] partitions) =>
        cluster.Controller(1).ElectLeaders(isUnclean, partitions);

    /// <summary>The leader, as one that writes states itself, has brokers 1 and 2 in sync.</summary>
    private static Task Join(ControlledCluster cluster, TopicPartition partition) => Leave(cluster, partition, isr: [1, 2]);

    private static async Task Leave(ControlledCluster cluster, TopicPartition partition, int[] isr)
    {
        LeaderAndIsr state = await cluster.State(partition.Topic, partition.Partition);
        await cluster.Client.Current.SetData(ZnodePaths.PartitionState(partition), (state with { Isr = isr }).Encode());
        await cluster.Client.Current.Create($"{ZnodePaths.IsrChanges}/isr_change_", PartitionListZnode.Encode([partition]), CreateMode.PersistentSequential);
        await cluster.Settle();
    }

    private static async Task Request(ControlledCluster cluster, byte[] data)
    {
        (await cluster.Client.Current.Create(ZnodePaths.PreferredElection, data)).Code.ShouldBe(Code.Ok);
        await cluster.Settle();
        (await cluster.Znodes.Exists(ZnodePaths.PreferredElection)).ShouldBeFalse();
    }
}
