using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Tests.Controller;

public sealed class IsrChangesTests
{
    private const short Newest = 3;

    [Fact]
    public async Task A_change_is_written_answered_and_sent_to_all_brokers()
    {
        await using ControlledCluster cluster = await Cluster();
        AlterPartitionResponse.AlterPartitionPartition answer = await Alter(cluster, Change(isr: [1, 3]));
        answer.ShouldSatisfyAllConditions(
            a => Error(a).ShouldBe(ErrorCode.None), a => a.LeaderId.ShouldBe(1), a => a.LeaderEpoch.ShouldBe(0), a => a.Isr.ShouldBe([1, 3]),
            a => a.PartitionEpoch.ShouldBe(1), a => a.LeaderRecoveryState.ShouldBe((sbyte)0));
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Isr.ShouldBe([1, 3]), s => s.PartitionEpoch.ShouldBe(1), s => s.LeaderEpoch.ShouldBe(0));
        await cluster.Settle();
        foreach (int id in cluster.Members)
        {
            cluster.Brokers[id].Told().ShouldBe(["metadata brokers 1,2,3 t-0=1"]);
            cluster.Brokers[id].Metadata.Current.Partition("t", 0).ShouldNotBeNull().Isr.ShouldBe([1, 3]);
        }
    }

    [Fact]
    public async Task A_change_whose_answer_was_lost_may_be_repeated()
    {
        await using ControlledCluster cluster = await Cluster();
        await Alter(cluster, Change(isr: [1, 3]));
        AlterPartitionResponse.AlterPartitionPartition again = await Alter(cluster, Change(isr: [1, 3]));
        (Error(again), again.PartitionEpoch).ShouldBe((ErrorCode.None, 1));
        (await cluster.State("t")).PartitionEpoch.ShouldBe(1);
    }

    [Theory]
    [InlineData(1, 0, ErrorCode.NotController)] // The leader epoch or the partition epoch is newer: another controller has made it.
    [InlineData(0, 9, ErrorCode.NotController)]
    [InlineData(-1, 0, ErrorCode.FencedLeaderEpoch)]
    [InlineData(0, 0, ErrorCode.InvalidUpdateVersion)]
    public async Task Other_epochs_are_refused(int leaderEpoch, int partitionEpoch, ErrorCode expected)
    {
        await using ControlledCluster cluster = await Cluster();
        await Alter(cluster, Change(isr: [1, 3]));
        Error(await Alter(cluster, Change(isr: [1, 2], leaderEpoch, partitionEpoch))).ShouldBe(expected);
        (await cluster.State("t")).Isr.ShouldBe([1, 3]);
    }

    [Fact]
    public async Task A_member_must_live_in_the_life_that_the_leader_knows()
    {
        await using ControlledCluster cluster = await Cluster();
        Error(await Alter(cluster, Change(isr: [1, 3], epochs: [-1, cluster.Epoch(3) - 1]))).ShouldBe(ErrorCode.IneligibleReplica);
        await cluster.Kill(2);
        int epoch = (await cluster.State("t")).LeaderEpoch;
        int version = (await cluster.State("t")).PartitionEpoch;
        Error(await Alter(cluster, Change(isr: [1, 2, 3], epoch, version))).ShouldBe(ErrorCode.IneligibleReplica);
        Error(await Alter(cluster, Change(isr: [1, 2, 3], epoch, version), version: 1)).ShouldBe(ErrorCode.OperationNotAttempted);
        Error(await Alter(cluster, Change(isr: [3, 1], epoch, version, epochs: [cluster.Epoch(3), cluster.Epoch(1)]))).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_member_that_shuts_down_is_not_eligible()
    {
        await using ControlledCluster cluster = await Cluster();
        await cluster.Controller(1).ShutDown(2, cluster.Epoch(2));
        LeaderAndIsr state = await cluster.State("t");
        state.Isr.ShouldBe([1, 3]);
        Error(await Alter(cluster, Change(isr: [1, 3, 2], state.LeaderEpoch, state.PartitionEpoch))).ShouldBe(ErrorCode.IneligibleReplica);
    }

    [Theory]
    [InlineData(1, new[] { 1, 2 }, 1)] // Recovering, but not alone.
    [InlineData(1, new[] { 1 }, 1)] // Recovered, and recovering again.
    [InlineData(0, new[] { 2, 3 }, 1)] // Without its leader.
    [InlineData(0, new[] { 1, 4 }, 1)] // Not a replica.
    [InlineData(0, new[] { 2, 3 }, 2)] // Not the leader.
    public async Task Impossible_states_are_refused(sbyte recovery, int[] isr, int broker)
    {
        await using ControlledCluster cluster = await Cluster();
        AlterPartitionRequest.AlterPartitionPartition change = Change(isr);
        change.LeaderRecoveryState = recovery;
        await cluster.StartBroker(4);
        Error(await Alter(cluster, change, broker: broker)).ShouldBe(ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task A_leader_that_has_recovered_says_so()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        cluster.UncleanTopics.Add("t");
        await cluster.CreateTopic("t", [2, 1]);
        LeaderAndIsr state = await cluster.State("t");
        await cluster.Client.Current.SetData(ZnodePaths.PartitionState(new TopicPartition("t", 0)), (state with { Isr = [2] }).Encode());
        await cluster.Kill(2);
        state = await cluster.State("t");
        state.IsRecovering.ShouldBeTrue();
        Error(await Alter(cluster, Change(isr: [1], state.LeaderEpoch, state.PartitionEpoch))).ShouldBe(ErrorCode.None);
        (await cluster.State("t")).IsRecovering.ShouldBeFalse();
    }

    [Fact]
    public async Task Unknown_topics_and_partitions_are_errors_of_their_own()
    {
        await using ControlledCluster cluster = await Cluster();
        AlterPartitionRequest unknown = Request(cluster, Change(isr: [1]), 1, Newest);
        unknown.Topics[0].TopicId = new Guid(9, 9, 9, new byte[8]);
        Error((await cluster.Controller(1).AlterPartition(unknown, Newest)).Topics[0].Partitions[0]).ShouldBe(ErrorCode.UnknownTopicId);
        AlterPartitionRequest.AlterPartitionPartition other = Change(isr: [1]);
        other.PartitionIndex = 7;
        Error(await Alter(cluster, other)).ShouldBe(ErrorCode.UnknownTopicOrPartition);
    }

    [Fact]
    public async Task Only_the_controller_answers_and_only_a_present_broker()
    {
        await using ControlledCluster cluster = await Cluster();
        AlterPartitionRequest request = Request(cluster, Change(isr: [1, 3]), 1, Newest);
        ((ErrorCode)(await cluster.Controller(2).AlterPartition(request, Newest)).ErrorCode).ShouldBe(ErrorCode.NotController);
        request.BrokerEpoch--;
        ((ErrorCode)(await cluster.Controller(1).AlterPartition(request, Newest)).ErrorCode).ShouldBe(ErrorCode.StaleBrokerEpoch);
        request.BrokerId = 9;
        ((ErrorCode)(await cluster.Controller(1).AlterPartition(request, Newest)).ErrorCode).ShouldBe(ErrorCode.StaleBrokerEpoch);
        await cluster.Tree.Disconnect(cluster.Session(1));
        ((ErrorCode)(await cluster.Controller(1).AlterPartition(request, Newest)).ErrorCode).ShouldBe(ErrorCode.NotController);
    }

    [Fact]
    public async Task A_version_that_is_stale_at_the_controller_too_is_replaced_by_a_new_leader_epoch()
    {
        await using ControlledCluster cluster = await Cluster();
        LeaderAndIsr state = await cluster.State("t");
        await cluster.Client.Current.SetData(ZnodePaths.PartitionState(new TopicPartition("t", 0)), state.Encode());
        Error(await Alter(cluster, Change(isr: [1, 3]))).ShouldBe(ErrorCode.InvalidUpdateVersion);
        await cluster.Settle();
        state = await cluster.State("t");
        (state.LeaderEpoch, state.PartitionEpoch).ShouldBe((1, 2));
        cluster.Brokers[1].Told().ShouldContain("lead t-0 1@1 isr 1,2,3 of 1,2,3 v2");
        Error(await Alter(cluster, Change(isr: [1, 3], leaderEpoch: 1, partitionEpoch: 2))).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task What_older_brokers_have_written_is_read_sent_to_all_and_their_notices_are_deleted()
    {
        await using ControlledCluster cluster = await Cluster();
        TopicPartition partition = new("t", 0);
        LeaderAndIsr state = await cluster.State("t");
        await cluster.Client.Current.SetData(ZnodePaths.PartitionState(partition), (state with { Isr = [1] }).Encode());
        string prefix = $"{ZnodePaths.IsrChanges}/isr_change_";
        await cluster.Client.Current.Create(prefix, PartitionListZnode.Encode([partition, new("gone", 3)]), CreateMode.PersistentSequential);
        await cluster.Client.Current.Create(prefix, [1, 2, 3], CreateMode.PersistentSequential);
        await cluster.Settle();
        cluster.Brokers[2].Metadata.Current.Partition("t", 0).ShouldNotBeNull().Isr.ShouldBe([1]);
        (await cluster.Znodes.Children(ZnodePaths.IsrChanges)).ShouldBeEmpty();
        Error(await Alter(cluster, Change(isr: [1, 2], partitionEpoch: 1))).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task A_log_directory_s_notice_that_nobody_can_read_is_deleted()
    {
        await using ControlledCluster cluster = await Cluster();
        await cluster.Client.Current.Create(ZnodePaths.LogDirEventPrefix, [1, 2, 3], CreateMode.PersistentSequential);
        await cluster.Znodes.NoteFailedDirectory(2);
        cluster.Brokers[2].OnBrokenFolder.Add("t-0");
        await cluster.Settle();
        (await cluster.State("t")).Isr.ShouldBe([1, 3]);
        (await cluster.Znodes.Children(ZnodePaths.LogDirEvents)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Blocks_of_producer_ids_follow_each_other_also_across_controllers()
    {
        await using ControlledCluster cluster = await Cluster();
        (await cluster.Controller(1).AllocateProducerIds(2, cluster.Epoch(2))).ShouldBe((ErrorCode.None, new ProducerIdBlock(2, 0, 999)));
        (await cluster.Controller(1).AllocateProducerIds(3, cluster.Epoch(3))).ShouldBe((ErrorCode.None, new ProducerIdBlock(3, 1000, 1999)));
        (await cluster.Controller(1).AllocateProducerIds(3, cluster.Epoch(3) - 1)).Error.ShouldBe(ErrorCode.StaleBrokerEpoch);
        (await cluster.Controller(1).AllocateProducerIds(9, 1)).Error.ShouldBe(ErrorCode.BrokerIdNotRegistered);
        (await cluster.Controller(2).AllocateProducerIds(3, cluster.Epoch(3))).Error.ShouldBe(ErrorCode.NotController);
        await cluster.Kill(1);
        (await cluster.Controller(cluster.ActiveController).AllocateProducerIds(3, cluster.Epoch(3))).Block.ShouldBe(new ProducerIdBlock(3, 2000, 2999));
        await cluster.Client.Current.SetData(ZnodePaths.ProducerIdBlock, new ProducerIdBlock(3, 0, long.MaxValue - 1).Encode());
        (await cluster.Controller(cluster.ActiveController).AllocateProducerIds(3, cluster.Epoch(3))).Error.ShouldBe(ErrorCode.UnknownServerError);
    }

    /// <summary>Three brokers; t-0 on all of them, led by 1, which is the controller.</summary>
    private static async Task<ControlledCluster> Cluster()
    {
        ControlledCluster cluster = await ControlledCluster.Start(1, 2, 3);
        await cluster.CreateTopic("t", [1, 2, 3]);
        foreach (int id in cluster.Members)
        {
            cluster.Brokers[id].Told();
        }
        return cluster;
    }

    private static AlterPartitionRequest.AlterPartitionPartition Change(int[] isr, int leaderEpoch = 0, int partitionEpoch = 0, long[]? epochs = null) => new()
    {
        LeaderEpoch = leaderEpoch,
        PartitionEpoch = partitionEpoch,
        NewIsr = isr,
        NewIsrWithEpochs = [.. isr.Select((broker, index) => new AlterPartitionRequest.AlterPartitionBroker
        {
            BrokerId = broker, BrokerEpoch = epochs is null ? -1 : epochs[index],
        })],
    };

    private static AlterPartitionRequest Request(ControlledCluster cluster, AlterPartitionRequest.AlterPartitionPartition change, int broker, short version)
    {
        AlterPartitionRequest.AlterPartitionTopic topic = new()
        {
            TopicName = version < 2 ? "t" : "",
            TopicId = version < 2 ? Guid.Empty : cluster.Brokers[broker].Metadata.Current.Topic("t").ShouldNotBeNull().Id,
            Partitions = [change],
        };
        return new AlterPartitionRequest { BrokerId = broker, BrokerEpoch = cluster.Epoch(broker), Topics = [topic] };
    }

    private static async Task<AlterPartitionResponse.AlterPartitionPartition> Alter(
        ControlledCluster cluster, AlterPartitionRequest.AlterPartitionPartition change, short version = Newest, int broker = 1)
    {
        AlterPartitionResponse response = await cluster.Controller(cluster.ActiveController).AlterPartition(Request(cluster, change, broker, version), version);
        response.ErrorCode.ShouldBe((short)0);
        return response.Topics.ShouldHaveSingleItem().Partitions.ShouldHaveSingleItem();
    }

    private static ErrorCode Error(AlterPartitionResponse.AlterPartitionPartition partition) => (ErrorCode)partition.ErrorCode;
}
