using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Tests.Metadata;

/// <summary>Bodies that a cluster of Apache's brokers wrote are read, and what is written for the same values equals them as JSON.</summary>
public sealed class ZnodesTests
{
    [Fact]
    public async Task A_setting_and_the_notice_of_it_are_one_change_in_the_tree()
    {
        await using Controller.ControlledCluster cluster = await Controller.ControlledCluster.Start(1);
        long Zxid(Broker.Coordination.DataResult read) => read.Stat.Mzxid;
        foreach (string value in new[] { "1", "2" })
        {
            (await cluster.Znodes.SetConfig("topics/t", new Dictionary<string, string> { ["retention.ms"] = value })).ShouldBeTrue();
            IReadOnlyList<string> notices = await cluster.Znodes.Children(ZnodePaths.ConfigChanges);
            Coordination.DataResult notice = await cluster.Znodes.Get($"{ZnodePaths.ConfigChanges}/{notices[^1]}");
            Zxid(notice).ShouldBe(Zxid(await cluster.Znodes.Get("/config/topics/t")));
            ConfigChangeZnode.Decode("", notice.Data).ShouldBe("topics/t");
        }
    }

    [Fact]
    public void A_topic() => Same(
        """{"partitions":{"0":[2,3,1],"10":[1]},"topic_id":"ZIM4SzkdQcS0FFC8miKBDA","adding_replicas":{},"removing_replicas":{},"version":3}""",
        data => TopicZnode.Decode("t", data),
        topic => topic.Encode());

    [Fact]
    public void A_topic_of_an_old_broker_has_no_id() => Same(
        """{"version":2,"partitions":{"0":[1,2]},"adding_replicas":{"0":[2]},"removing_replicas":{}}""",
        data => TopicZnode.Decode("t", data),
        topic => topic.Encode());

    [Fact]
    public void A_partition_s_state() => Same(
        """{"controller_epoch":2,"leader":2,"version":1,"leader_epoch":1,"isr":[2,1]}""",
        data => LeaderAndIsr.Decode(new TopicPartition("t", 0), data, 4),
        state => state.Encode());

    [Fact]
    public void A_recovering_partition_s_state() => Same(
        """{"controller_epoch":2,"leader":2,"version":1,"leader_epoch":1,"isr":[2],"leader_recovery_state":1}""",
        data => LeaderAndIsr.Decode(new TopicPartition("t", 0), data, 4),
        state => state.Encode());

    [Fact]
    public void A_broker() => Same(
        """
        {"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","X":"SASL_SSL"},"endpoints":["PLAINTEXT://127.0.0.1:19091","X://[::1]:5"],
        "rack":"rack-1","jmx_port":-1,"port":19091,"host":"127.0.0.1","version":5,"timestamp":"1795355350226"}
        """,
        data => BrokerRegistration.Decode(1, data),
        broker => broker.Encode());

    [Fact]
    public void A_broker_without_a_plaintext_listener() => Same(
        """
        {"features":{},"listener_security_protocol_map":{"X":"SASL_SSL"},"endpoints":["X://h:5"],"jmx_port":-1,"port":-1,"host":null,"version":5,"timestamp":"1"}
        """,
        data => BrokerRegistration.Decode(1, data),
        broker => broker.Encode());

    [Fact]
    public void Small_ones()
    {
        Same("""{"version":2,"brokerid":2,"timestamp":"1795355378683","kraftControllerEpoch":-1}""", ControllerZnode.Decode,
            id => ControllerZnode.Encode(id, 1795355378683));
        Same("""{"version":"1","id":"XWJMRnJ6Qd6X50KhResuFw"}""", ClusterIdZnode.Decode, ClusterIdZnode.Encode);
        Same("""{"version":1,"broker":3,"block_start":"1000","block_end":"1999"}""", ProducerIdBlock.Decode, block => block.Encode());
        Same("""{"version":1,"config":{"cleanup.policy":"compact"}}""", data => ConfigZnode.Decode("/config/topics/t", data), ConfigZnode.Encode);
        Same("""{"version":2,"entity_path":"brokers/<default>"}""", data => ConfigChangeZnode.Decode("/config/changes/x", data), ConfigChangeZnode.Encode);
        Same("""{"version":1,"broker":1,"event":1}""", data => LogDirEventZnode.Decode("/x", data), LogDirEventZnode.Encode);
        Encoding.UTF8.GetString(FeatureZnode.Encode()).ShouldBe("""{"features":{},"version":2,"status":1}""");
        ConfigChangeZnode.Decode("/x", """{"version":1,"entity_type":"topics","entity_name":"foo"}"""u8.ToArray()).ShouldBe("topics/foo");
        ControllerEpochZnode.Decode("7"u8.ToArray()).ShouldBe(7);
        Encoding.UTF8.GetString(ConfigChangeZnode.Encode("brokers/<default>")).ShouldContain("<default>");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"partitions":{"x":[1]}}""")]
    [InlineData("""{"partitions":{"0":1}}""")]
    public void What_cannot_be_read_is_a_named_error(string body) =>
        Should.Throw<MalformedZnodeException>(() => TopicZnode.Decode("t", Encoding.UTF8.GetBytes(body))).Path.ShouldBe("/brokers/topics/t");

    [Fact]
    public void Topic_ids_are_written_as_kafka_writes_them()
    {
        TopicId.TryParse("ZIM4SzkdQcS0FFC8miKBDA", out Guid id).ShouldBeTrue();
        TopicId.Format(id).ShouldBe("ZIM4SzkdQcS0FFC8miKBDA");
        TopicId.TryParse("short", out _).ShouldBeFalse();
        for (int i = 0; i < 200; i++)
        {
            TopicId.Format(TopicId.New(Random.Shared)).ShouldNotStartWith("-");
        }
    }

    [Fact]
    public void Partitions_keep_their_order_of_numbers()
    {
        ImmutableSortedDictionary<int, ReplicaAssignment> partitions = Enumerable.Range(0, 12).ToImmutableSortedDictionary(i => i,
            _ => new ReplicaAssignment([1]));
        TopicZnode.Decode("t", new TopicZnode(TopicId.New(Random.Shared), partitions).Encode()).Partitions.Keys.ShouldBe(Enumerable.Range(0, 12));
    }

    private static void Same<T>(string body, Func<byte[]?, T> decode, Func<T, byte[]> encode) =>
        JsonNode.DeepEquals(JsonNode.Parse(encode(decode(Encoding.UTF8.GetBytes(body)))), JsonNode.Parse(body))
            .ShouldBeTrue(Encoding.UTF8.GetString(encode(decode(Encoding.UTF8.GetBytes(body)))));
}
