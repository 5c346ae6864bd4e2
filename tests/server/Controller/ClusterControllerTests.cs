using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Tests.Controller;

public sealed class ClusterControllerTests
{
    [Fact]
    public async Task The_first_broker_becomes_the_controller_of_epoch_1()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        cluster.Controller(1).IsActive.ShouldBeTrue();
        (await cluster.Znodes.ControllerId()).ShouldBe(1);
        ControllerEpochZnode.Decode((await cluster.Znodes.Get(ZnodePaths.ControllerEpoch)).Data).ShouldBe(1);
        cluster.Brokers[1].Told().ShouldBe(["metadata brokers 1"]);
        (await cluster.Znodes.Exists(ZnodePaths.Feature)).ShouldBeTrue();
        (await cluster.Znodes.Broker(1)).ShouldNotBeNull().Epoch.ShouldBe(cluster.Epoch(1));
    }

    [Fact]
    public async Task A_new_topic_gets_leaders_and_its_brokers_are_told_in_order()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        cluster.Brokers[1].Told();
        await cluster.CreateTopic("t", [1], [1]);

        cluster.Brokers[1].Told().ShouldBe([
            "lead t-0 1@0 isr 1 of 1 v0 new", "lead t-1 1@0 isr 1 of 1 v0 new", "metadata brokers 1 t-0=1 t-1=1"]);
        (await cluster.State("t", 1)).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(1), s => s.ControllerEpoch.ShouldBe(1), s => s.Isr.ShouldBe([1]));
        cluster.Brokers[1].Metadata.Current.Partition("t", 1).ShouldNotBeNull().Leader.ShouldBe(1);
        cluster.Controller(1).IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_topic_that_grows_keeps_what_it_has()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.CreateTopic("t", [1]);
        cluster.Brokers[1].Told();
        (TopicZnode topic, int version) = (await cluster.Znodes.Topic("t")).ShouldNotBeNull();
        TopicZnode grown = topic with { Partitions = topic.Partitions.Add(1, new ReplicaAssignment([1])) };
        await cluster.Client.Current.SetData(ZnodePaths.Topic("t"), grown.Encode(), version);
        await cluster.Settle();

        cluster.Brokers[1].Told().ShouldBe(["lead t-1 1@0 isr 1 of 1 v0 new", "metadata brokers 1 t-1=1"]);
        cluster.Brokers[1].Metadata.Current.Topic("t").ShouldNotBeNull().Partitions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_deleted_topic_is_forgotten_then_deleted_and_leaves_no_znode()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.Client.Current.Create(ZnodePaths.TopicConfig("t"), ConfigZnode.Encode(new Dictionary<string, string>()));
        await cluster.CreateTopic("t", [1], [1]);
        cluster.Brokers[1].Told();
        await cluster.DeleteTopic("t");

        // Steps that wait for the broker are merged: what is deleted needs not be stopped before.
        cluster.Brokers[1].Told().Where(line => !line.StartsWith("stop", StringComparison.Ordinal)).Distinct().ShouldBe([
            "metadata brokers 1 t-0=-2 t-1=-2", "delete t-0 @-2", "delete t-1 @-2"]);
        cluster.Brokers[1].Metadata.Current.Topics.ShouldBeEmpty();
        (await cluster.Znodes.Children(ZnodePaths.Topics)).ShouldBeEmpty();
        (await cluster.Znodes.Children(ZnodePaths.DeleteTopics)).ShouldBeEmpty();
        (await cluster.Znodes.Children(ZnodePaths.TopicConfigs)).ShouldBeEmpty();

        await cluster.CreateTopic("t", [1]);
        cluster.Brokers[1].Metadata.Current.Partition("t", 0).ShouldNotBeNull().LeaderEpoch.ShouldBe(0);
    }

    [Fact]
    public async Task A_topic_whose_replica_cannot_be_deleted_waits_for_its_broker()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        cluster.Brokers[2].CannotDelete.Add("t");
        await cluster.DeleteTopic("t");
        (await cluster.Znodes.Exists(ZnodePaths.Topic("t"))).ShouldBeTrue();

        await cluster.Kill(2);
        cluster.Brokers[2].CannotDelete.Clear();
        await cluster.StartBroker(2);
        await cluster.Settle();
        (await cluster.Znodes.Exists(ZnodePaths.Topic("t"))).ShouldBeFalse();
        (await cluster.Znodes.Children(ZnodePaths.DeleteTopics)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_wish_to_delete_an_unknown_topic_is_dropped()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.DeleteTopic("none");
        (await cluster.Znodes.Children(ZnodePaths.DeleteTopics)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_deletion_is_disabled_the_wish_is_dropped_and_the_topic_stays()
    {
        await using ControlledCluster cluster = new() { IsDeletionEnabled = false };
        await cluster.Prepare();
        await cluster.StartBroker(1);
        await cluster.CreateTopic("t", [1]);
        await cluster.DeleteTopic("t");
        (await cluster.Znodes.Children(ZnodePaths.DeleteTopics)).ShouldBeEmpty();
        cluster.Brokers[1].Metadata.Current.Topic("t").ShouldNotBeNull();
    }

    [Fact]
    public async Task When_a_broker_dies_others_lead_and_when_it_returns_it_follows()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        long former = cluster.Epoch(2);
        cluster.Brokers[1].Told();
        await cluster.Kill(2);

        cluster.Brokers[1].Told().ShouldBe(["lead t-0 1@1 isr 1 of 2,1 v1", "metadata brokers 1 t-0=1 without 2"]);
        cluster.Brokers[2].Told();
        await cluster.StartBroker(2);
        cluster.Epoch(2).ShouldBeGreaterThan(former);
        IReadOnlyList<string> told = cluster.Brokers[2].Told();
        told.Count.ShouldBe(3);
        told[0].ShouldStartWith("metadata brokers 1,2"); // It knows that broker 1 is alive before it follows it.
        told.Skip(1).ShouldBe(["lead t-0 1@1 isr 1 of 2,1 v1", "metadata brokers 1,2 t-0=1"]);
    }

    [Fact]
    public async Task The_last_in_sync_replica_s_death_leaves_the_partition_offline_until_it_returns()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2]);
        await cluster.Kill(2);
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(-1), s => s.Isr.ShouldBe([2]), s => s.LeaderEpoch.ShouldBe(1));
        cluster.Brokers[1].Metadata.Current.Partition("t", 0).ShouldNotBeNull().Leader.ShouldBe(-1);
        await cluster.StartBroker(2);
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(2), s => s.LeaderEpoch.ShouldBe(2));
    }

    [Fact]
    public async Task An_unclean_leader_is_taken_only_where_the_topic_allows_it()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        cluster.UncleanTopics.Add("lossy");
        foreach (string topic in new[] { "lossy", "safe" })
        {
            await cluster.CreateTopic(topic, [2, 1]);
        }
        foreach (string topic in new[] { "lossy", "safe" })
        {
            // The leader has dropped broker 1 from its in-sync replicas.
            LeaderAndIsr state = await cluster.State(topic);
            await cluster.Client.Current.SetData(ZnodePaths.PartitionState(new TopicPartition(topic, 0)), (state with { Isr = [2] }).Encode(),
                state.PartitionEpoch);
        }

        await cluster.Kill(2);
        (await cluster.State("lossy")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(1), s => s.IsRecovering.ShouldBeTrue());
        (await cluster.State("safe")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(-1), s => s.Isr.ShouldBe([2]));
    }

    [Fact]
    public async Task When_the_controller_dies_another_takes_over_with_a_higher_epoch()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [1, 2]);
        await cluster.Kill(1);
        cluster.ActiveController.ShouldBe(2);
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(2), s => s.ControllerEpoch.ShouldBe(2));
        cluster.Brokers[2].Metadata.Current.ControllerId.ShouldBe(2);
        await cluster.CreateTopic("u", [2]);
        cluster.Brokers[2].Metadata.Current.Topic("u").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_controller_whose_epoch_is_over_writes_nothing_and_is_elected_above_the_epoch_that_it_finds()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.Client.Current.SetData(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(9));
        await cluster.CreateTopic("t", [1]);
        (await cluster.State("t")).ControllerEpoch.ShouldBe(10);
        (await cluster.ControllerEpoch()).ShouldBe(10);
        cluster.Controller(1).IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task When_its_session_expires_the_broker_registers_and_stands_again()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.CreateTopic("t", [1]);
        long former = cluster.Epoch(1);
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        cluster.Controller(1).IsActive.ShouldBeTrue();
        cluster.Epoch(1).ShouldBeGreaterThan(former);
        (await cluster.State("t")).Leader.ShouldBe(1);
        ControllerEpochZnode.Decode((await cluster.Znodes.Get(ZnodePaths.ControllerEpoch)).Data).ShouldBe(2);
    }

    [Fact]
    public async Task Cut_off_the_controller_does_nothing_and_goes_on_in_the_same_session_with_a_new_epoch()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.Tree.Disconnect(cluster.Session(1));
        await cluster.CreateTopic("t", [1]);
        cluster.Brokers[1].Metadata.Current.Topic("t").ShouldBeNull();
        await cluster.Tree.Reconnect(cluster.Session(1));
        await cluster.Settle();
        cluster.Brokers[1].Metadata.Current.Topic("t").ShouldNotBeNull();
        // Brokers refuse from now on what was sent before, and arrives late.
        (await cluster.ControllerEpoch()).ShouldBe(2);
        (await cluster.State("t")).ControllerEpoch.ShouldBe(2);
    }

    [Fact]
    public async Task A_broker_that_goes_down_in_order_hands_its_partitions_over()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("led", [2, 1]);
        await cluster.CreateTopic("followed", [1, 2]);
        await cluster.CreateTopic("alone", [2]);
        (ErrorCode error, IReadOnlyList<TopicPartition> remaining) = await cluster.Controller(1).ShutDown(2, cluster.Epoch(2));
        await cluster.Settle();
        error.ShouldBe(ErrorCode.None);
        remaining.ShouldBeEmpty();
        (await cluster.State("led")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(1), s => s.Isr.ShouldBe([1]));
        (await cluster.State("followed")).Isr.ShouldBe([1]);
        (await cluster.State("alone")).Leader.ShouldBe(2);
    }

    [Fact]
    public async Task Shutdowns_are_answered_only_by_the_controller_for_a_present_broker()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        (await cluster.Controller(2).ShutDown(2, cluster.Epoch(2))).Error.ShouldBe(ErrorCode.StaleControllerEpoch);
        (await cluster.Controller(1).ShutDown(7, 1)).Error.ShouldBe(ErrorCode.BrokerNotAvailable);
        (await cluster.Controller(1).ShutDown(2, cluster.Epoch(2) - 1)).Error.ShouldBe(ErrorCode.StaleBrokerEpoch);
    }

    [Fact]
    public async Task A_broken_folder_takes_its_replicas_out()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        cluster.Brokers[2].OnBrokenFolder.Add("t-0");
        await cluster.Znodes.NoteFailedDirectory(2);
        await cluster.Settle();
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(1), s => s.Isr.ShouldBe([1]));
        cluster.Brokers[1].Metadata.Current.Partition("t", 0).ShouldNotBeNull().OfflineReplicas.ShouldBe([2]);
        (await cluster.Znodes.Children(ZnodePaths.LogDirEvents)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_brokers_must_not_share_an_id_or_an_address()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        ClusterSession session = new(cluster.Tree);
        await session.Open();
        Server.Controller.BrokerRegistrar registrar = new(session, "cluster");
        BrokerEndpoint[] endpoints = new[] { new BrokerEndpoint("PLAINTEXT", "localhost", 9001, 0) };
        await Should.ThrowAsync<Server.Config.ConfigException>(async () => await registrar.Register(new BrokerRegistration(1, endpoints, null, 0)));
        await Should.ThrowAsync<Server.Config.ConfigException>(async () => await registrar.Register(new BrokerRegistration(2, endpoints, null, 0)));
    }

    [Fact]
    public async Task Only_the_controller_of_the_present_epoch_writes()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        Op.Create delete = new(ZnodePaths.DeleteTopic("t"), null);
        (await cluster.Controller(2).Write(delete)).ShouldBeNull("it is not the controller");
        (await cluster.Controller(1).Write(new Op.SetData(ZnodePaths.Topic("none"), [], 0))).ShouldBe(Code.NoNode);

        // Another broker has been elected, which this one has not noticed yet.
        await cluster.Client.Current.SetData(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(9));
        (await cluster.Controller(1).Write(delete)).ShouldBeNull();
        (await cluster.Znodes.Exists(ZnodePaths.DeleteTopic("t"))).ShouldBeFalse();
    }
}
