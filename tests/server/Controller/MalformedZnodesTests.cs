using System.Text;
using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Tests.Controller;

/// <summary>Znodes that somebody has spoilt: the controller leaves alone what they describe, and serves the rest of the cluster.</summary>
public sealed class MalformedZnodesTests
{
    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"partitions":{"0":[1,"2"]}}""")]
    [InlineData("""{"partitions":{"0":[99999999999]}}""")]
    [InlineData("""{"partitions":{"99999999999":[1]}}""")]
    [InlineData("""{"partitions":{"-1":[1]}}""")]
    [InlineData("""{"partitions":{"0":[1],"0":[2]}}""")]
    public void A_topic_s_znode_of_another_form_is_malformed(string json)
        => Should.Throw<MalformedZnodeException>(() => TopicZnode.Decode("t", Encoding.UTF8.GetBytes(json))).Message
            .ShouldStartWith("The znode /brokers/topics/t cannot be read: ");

    [Fact]
    public async Task A_controller_takes_over_around_a_malformed_topic_and_finds_it_again_when_it_is_repaired()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("whole", [1, 2]);
        await cluster.CreateTopic("spoilt", [1, 2], [2, 1]);
        byte[] former = await Spoil(cluster, ZnodePaths.Topic("spoilt"));
        await cluster.Kill(1);

        cluster.Controller(2).IsActive.ShouldBeTrue();
        (await cluster.State("whole")).Leader.ShouldBe(2);
        (await cluster.State("spoilt")).Leader.ShouldBe(1, "nobody knows its replicas");
        await cluster.CreateTopic("new", [2]);
        (await cluster.State("new")).Leader.ShouldBe(2);

        await Write(cluster, ZnodePaths.Topic("spoilt"), former);
        (await cluster.State("spoilt")).Leader.ShouldBe(2);
        cluster.Brokers[2].Metadata.Current.Topic("spoilt").ShouldNotBeNull().Id.ShouldBe(TopicZnode.Decode("spoilt", former).TopicId!.Value);
    }

    [Fact]
    public async Task A_malformed_topic_may_be_deleted()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("spoilt", [1, 2]);
        await Spoil(cluster, ZnodePaths.Topic("spoilt"));
        await cluster.Kill(1);
        await cluster.DeleteTopic("spoilt");
        (await cluster.Znodes.Exists(ZnodePaths.Topic("spoilt"))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_partition_with_a_malformed_state_has_no_leader_and_keeps_its_znode_also_where_unclean_leaders_are_allowed()
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        cluster.UncleanTopics.Add("spoilt");
        await cluster.CreateTopic("spoilt", [1, 2], [1, 2]);
        string path = ZnodePaths.PartitionState(new TopicPartition("spoilt", 0));
        byte[] former = await Spoil(cluster, path);
        await cluster.Kill(1);

        (await cluster.Znodes.Get(path)).Data.ShouldBe(Spoilt);
        cluster.Brokers[2].Metadata.Current.Partition("spoilt", 0).ShouldNotBeNull().Leader.ShouldBe(LeaderAndIsr.NoLeader);
        (await cluster.State("spoilt", partition: 1)).Leader.ShouldBe(2);

        await Write(cluster, path, former);
        await cluster.StartBroker(1);
        await cluster.Kill(2);
        (await cluster.State("spoilt")).Leader.ShouldBe(1);
    }

    [Theory]
    [InlineData("3", "{")]
    [InlineData("three", "{}")]
    public async Task A_registration_that_cannot_be_read_is_no_broker(string id, string registration)
    {
        await using ControlledCluster cluster = await ControlledCluster.Start(1, 2);
        await cluster.CreateTopic("t", [1, 2]);
        (await cluster.Client.Current.Create($"{ZnodePaths.BrokerIds}/{id}", Encoding.UTF8.GetBytes(registration))).Code.ShouldBe(Code.Ok);
        await cluster.Kill(1);
        (await cluster.State("t")).Leader.ShouldBe(2);
    }

    private static readonly byte[] Spoilt = "{\"version\":"u8.ToArray();

    /// <returns>What the znode held.</returns>
    private static async Task<byte[]> Spoil(ControlledCluster cluster, string path)
    {
        byte[] former = (await cluster.Znodes.Get(path)).Data.ShouldNotBeNull();
        await Write(cluster, path, Spoilt);
        return former;
    }

    private static async Task Write(ControlledCluster cluster, string path, byte[] data)
    {
        (await cluster.Client.Current.SetData(path, data)).Code.ShouldBe(Code.Ok);
        await cluster.Settle();
    }
}
