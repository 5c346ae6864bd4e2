using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Tests.Controller;

/// <summary>Sessions and connections that are lost at any step, take-overs that fail, trees that another controller has left unfinished.</summary>
public sealed class RejoiningTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_connection_lost_while_it_registers_again_leads_to_another_attempt()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        await cluster.CreateTopic("t", [1]);
        long former = cluster.Epoch(1);
        bool isFirst = true;
        cluster.Registering = async _ =>
        {
            if (isFirst)
            {
                isFirst = false;
                await cluster.Tree.Disconnect(cluster.Session(1));
            }
        };
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        (await cluster.Znodes.Broker(1)).ShouldBeNull();

        await cluster.Tree.Reconnect(cluster.Session(1));
        await cluster.Settle();
        (await cluster.Znodes.Broker(1)).ShouldNotBeNull().Epoch.ShouldBe(cluster.Epoch(1));
        cluster.Epoch(1).ShouldBeGreaterThan(former);
        cluster.Controller(1).IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_that_expires_while_it_registers_again_is_replaced()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        bool isFirst = true;
        cluster.Registering = async _ =>
        {
            if (isFirst)
            {
                isFirst = false;
                await cluster.Tree.Expire(cluster.Session(1));
            }
        };
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        (await cluster.Znodes.Broker(1)).ShouldNotBeNull().Epoch.ShouldBe(cluster.Epoch(1));
        cluster.Controller(1).IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_registration_that_fails_is_tried_again_after_a_pause()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        int attempts = 0;
        cluster.Registering = _ => ++attempts < 3 ? throw new InvalidOperationException("It is a test") : Task.CompletedTask;
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        (await cluster.Znodes.Broker(1)).ShouldBeNull();
        await cluster.Pass(Pause);
        await cluster.Pass(Pause);
        attempts.ShouldBe(3);
        (await cluster.Znodes.Broker(1)).ShouldNotBeNull();
        cluster.Controller(1).IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_broker_whose_tree_was_lost_takes_no_part_in_it_until_it_is_back()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        (await cluster.Client.Current.Delete(ZnodePaths.ClusterId)).ShouldBe(Code.Ok);
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        (await cluster.Znodes.Broker(1)).ShouldBeNull();
        cluster.Controller(1).IsActive.ShouldBeFalse();

        await cluster.Znodes.GetOrCreateClusterId("cluster");
        await cluster.Pass(Pause);
        (await cluster.Znodes.Broker(1)).ShouldNotBeNull().Epoch.ShouldBe(cluster.Epoch(1));
        cluster.Controller(1).IsActive.ShouldBeTrue();
    }

    [Fact]
    public async Task A_take_over_that_fails_gives_the_election_back_and_is_tried_again()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1);
        // A controller deletes all notices; one with a child cannot be deleted.
        const string Notice = $"{ZnodePaths.IsrChanges}/odd";
        await cluster.Client.Current.Create(Notice, null);
        await cluster.Client.Current.Create($"{Notice}/child", null);
        await cluster.Tree.Expire(cluster.Session(1));
        await cluster.Settle();
        cluster.Controller(1).IsActive.ShouldBeFalse();
        (await cluster.Znodes.ControllerId()).ShouldBe(-1);

        await cluster.Pass(Pause);
        cluster.Controller(1).IsActive.ShouldBeFalse();
        (await cluster.Znodes.ControllerId()).ShouldBe(-1);
        (await cluster.Znodes.Broker(1)).ShouldNotBeNull();
        await cluster.Client.Current.Delete($"{Notice}/child");
        await cluster.Pass(Pause);
        cluster.Controller(1).IsActive.ShouldBeTrue();
        (await cluster.Znodes.ControllerId()).ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_broker_that_missed_a_deletion_is_told_after_the_controller_or_it_was_cut_off(int cutOff)
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [1]);
        cluster.Brokers[2].Metadata.Current.Topic("t").ShouldNotBeNull();
        cluster.Brokers[2].Fail(Fault.Hangs);
        await cluster.DeleteTopic("t");
        (await cluster.Znodes.Exists(ZnodePaths.Topic("t"))).ShouldBeFalse();
        if (cutOff == 1)
        {
            await cluster.Tree.Disconnect(cluster.Session(1));
            await cluster.Tree.Reconnect(cluster.Session(1));
        }
        else
        {
            await cluster.Tree.Expire(cluster.Session(2));
        }

        await cluster.Settle();
        cluster.Brokers[2].Metadata.Current.Topic("t").ShouldNotBeNull();
        cluster.Brokers[2].Recover();
        await cluster.Settle();
        cluster.Brokers[2].Metadata.Current.Topic("t").ShouldBeNull();
    }

    [Fact]
    public async Task What_only_a_new_controller_still_knows_is_forgotten_by_all()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [1]);
        cluster.Brokers[2].Fail(Fault.Hangs);
        await cluster.DeleteTopic("t");
        await cluster.Kill(1);
        cluster.Brokers[2].Recover();
        await cluster.Settle();
        cluster.ActiveController.ShouldBe(2);
        cluster.Brokers[2].Metadata.Current.Topic("t").ShouldBeNull();
    }

    [Fact]
    public async Task An_election_whose_answer_was_lost_is_acted_upon()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        int epoch = await cluster.ControllerEpoch();
        MultiResult won = await cluster.Session(2).Multi([
            new Op.Delete(ZnodePaths.Controller), new Op.Create(ZnodePaths.Controller, ControllerZnode.Encode(2, 0), CreateMode.Ephemeral),
            new Op.SetData(ZnodePaths.ControllerEpoch, ControllerEpochZnode.Encode(epoch + 1))]);
        won.Code.ShouldBe(Code.Ok);
        await cluster.Settle();
        cluster.ActiveController.ShouldBe(2);
        await cluster.CreateTopic("t", [1]);
        (await cluster.State("t")).ControllerEpoch.ShouldBe(await cluster.ControllerEpoch());
        (await cluster.ControllerEpoch()).ShouldBeGreaterThan(epoch);
    }

    [Fact]
    public async Task A_controller_cut_off_in_the_middle_of_its_take_over_completes_it()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [1, 2]);
        await cluster.Tree.Disconnect(cluster.Session(2));
        await cluster.Kill(1);
        cluster.Controller(2).IsActive.ShouldBeFalse();
        await cluster.Tree.Reconnect(cluster.Session(2));
        await cluster.Settle();
        cluster.Controller(2).IsActive.ShouldBeTrue();
        (await cluster.State("t")).Leader.ShouldBe(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Partitions_without_a_state_are_elected_however_much_of_their_folders_exists(int folders)
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.Kill(2);
        await Halfway(cluster, "before", folders);
        await cluster.Kill(1);
        await Halfway(cluster, "between", folders);
        await cluster.StartBroker(2);
        await Halfway(cluster, "after", folders);
        await cluster.Settle();
        foreach (string topic in new[] { "before", "between", "after" })
        {
            (await cluster.State(topic)).Leader.ShouldBe(2);
            (await cluster.State(topic, 1)).Leader.ShouldBe(2);
        }
    }

    [Fact]
    public async Task A_state_that_was_lost_is_written_again()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [2, 1]);
        await cluster.Client.Current.Delete(ZnodePaths.PartitionState(new TopicPartition("t", 0)));
        await cluster.Kill(2);
        (await cluster.State("t")).Leader.ShouldBe(1);
    }

    [Fact]
    public async Task A_state_that_its_leader_has_changed_is_read_again()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2, 3);
        await cluster.CreateTopic("t", [2, 3, 1]);
        LeaderAndIsr state = await cluster.State("t");
        await cluster.Client.Current.SetData(ZnodePaths.PartitionState(new TopicPartition("t", 0)), (state with { Isr = [2, 1] }).Encode());
        await cluster.Kill(2);
        (await cluster.State("t")).ShouldSatisfyAllConditions(s => s.Leader.ShouldBe(1), s => s.Isr.ShouldBe([1]));
    }

    /// <summary>A topic as a controller leaves it that dies while it makes its folders: none, "partitions", or also a folder of each partition.</summary>
    private static async Task Halfway(ControlledCluster cluster, string topic, int folders)
    {
        TopicZnode znode = new(TopicId.New(Random.Shared), System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(
            Enumerable.Range(0, 2).Select(partition => KeyValuePair.Create(partition, new ReplicaAssignment([2])))));
        List<Op> operations = [new Op.Create(ZnodePaths.Topic(topic), znode.Encode())];
        string[] paths = [ZnodePaths.Partitions(topic), ZnodePaths.Partition(new TopicPartition(topic, 0)), ZnodePaths.Partition(new TopicPartition(topic, 1))];
        operations.AddRange(paths.Take(folders == 2 ? 3 : folders).Select(path => new Op.Create(path, null)));
        (await cluster.Client.Current.Multi(operations)).Code.ShouldBe(Code.Ok);
    }
}
