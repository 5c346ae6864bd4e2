using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;

namespace Broker.Server.Tests.Apis;

public sealed class ConfigApisTests
{
    private const sbyte Topic = 2;
    private const sbyte Server = 4;

    [Fact]
    public async Task A_changed_topic_setting_reaches_its_logs_and_its_description()
    {
        await using var cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", 1, ("segment.bytes", "100000"));
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, "7"), ("cleanup.policy", AlterOperation.Append, "compact"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].ShouldSatisfyAllConditions(c => c.Topic.ShouldBe("t"), c => c.Config.RetentionMs.ShouldBe(7), c => c.Config.CleanupCompact.ShouldBeTrue());

        var described = await Describe(cluster, Topic, "t");
        described["retention.ms"].ShouldSatisfyAllConditions(c => c.Value.ShouldBe("7"), c => c.ConfigSource.ShouldBe((sbyte)1), c => c.ConfigType.ShouldBe((sbyte)5));
        described["cleanup.policy"].Value.ShouldBe("delete,compact");
        described["max.message.bytes"].Synonyms.Select(s => (s.Name, s.Value, s.Source)).ShouldBe([("message.max.bytes", "1048588", (sbyte)5)]);

        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Delete, null), ("cleanup.policy", AlterOperation.Subtract, "delete"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.ShouldSatisfyAllConditions(c => c.RetentionMs.ShouldBe(604800000), c => c.CleanupDelete.ShouldBeFalse(), c => c.SegmentBytes.ShouldBe(100000));
    }

    [Fact]
    public async Task Replacing_drops_what_is_not_named_and_validating_changes_nothing()
    {
        await using var cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", 1, ("segment.bytes", "100000"));
        (await Replace(cluster, Topic, "t", validateOnly: true, ("retention.ms", "9"))).ShouldBe(ErrorCode.None);
        (await Describe(cluster, Topic, "t"))["segment.bytes"].Value.ShouldBe("100000");
        (await Replace(cluster, Topic, "t", validateOnly: false, ("retention.ms", "9"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.ShouldSatisfyAllConditions(c => c.RetentionMs.ShouldBe(9), c => c.SegmentBytes.ShouldBe(1 << 30));
    }

    [Fact]
    public async Task Changes_are_refused_as_kafka_refuses_them()
    {
        await using var cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        (await Change(cluster, Topic, "none", ("retention.ms", AlterOperation.Set, "7"))).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Change(cluster, Topic, "", ("retention.ms", AlterOperation.Set, "7"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Topic, "t", ("nonsense", AlterOperation.Set, "7"))).ShouldBe(ErrorCode.InvalidConfig);
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Append, "7"))).ShouldBe(ErrorCode.InvalidConfig);
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, null))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, "1"), ("retention.ms", AlterOperation.Set, "2"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Topic, "t", ("retention.ms", (AlterOperation)9, "1"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Server, "2", ("log.retention.ms", AlterOperation.Set, "1"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Server, "1", ("broker.rack", AlterOperation.Set, "r"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, 8, "1", ("x", AlterOperation.Set, "r"))).ShouldBe(ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task A_dynamic_broker_default_reaches_all_topics_that_do_not_say_otherwise()
    {
        await using var cluster = await OneBrokerCluster.Start(("log.retention.ms", "100"));
        await cluster.CreateTopic("t");
        (await Describe(cluster, Topic, "t"))["retention.ms"].ShouldSatisfyAllConditions(c => c.Value.ShouldBe("100"), c => c.ConfigSource.ShouldBe((sbyte)4));
        (await Change(cluster, Server, "", ("log.retention.ms", AlterOperation.Set, "200"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.RetentionMs.ShouldBe(200);
        (await Change(cluster, Server, "1", ("log.retention.ms", AlterOperation.Set, "300"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.RetentionMs.ShouldBe(300);

        var retention = (await Describe(cluster, Server, "1"))["log.retention.ms"];
        retention.Synonyms.Select(s => (s.Value, s.Source)).Take(3).ShouldBe([("300", (sbyte)2), ("200", (sbyte)3), ("100", (sbyte)4)]);
        (await Describe(cluster, Server, "")).ShouldHaveSingleItem().Value.Value.ShouldBe("200");
    }

    [Fact]
    public async Task Every_version_of_describing_is_answered_and_named_keys_are_picked()
    {
        await using var cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        for (short version = 0; version <= 4; version++)
        {
            var request = new DescribeConfigsRequest { Resources = [new() { ResourceType = Topic, ResourceName = "t", ConfigurationKeys = ["segment.ms"] }] };
            var entry = (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request, version)).Results[0].Configs.ShouldHaveSingleItem();
            entry.Value.ShouldBe("604800000");
            entry.IsDefault.ShouldBeFalse();
        }

        var unknown = new DescribeConfigsRequest { Resources = [new() { ResourceType = Topic, ResourceName = "none" }, new() { ResourceType = Server, ResourceName = "9" }, new() { ResourceType = 77, ResourceName = "x" }] };
        (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(unknown)).Results.Select(r => (ErrorCode)r.ErrorCode)
            .ShouldBe([ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidRequest, ErrorCode.InvalidRequest]);
    }

    private static async Task<Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult>> Describe(OneBrokerCluster cluster, sbyte type, string name)
    {
        var request = new DescribeConfigsRequest { Resources = [new() { ResourceType = type, ResourceName = name, ConfigurationKeys = null }], IncludeSynonyms = true };
        var result = (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request)).Results.ShouldHaveSingleItem();
        result.ErrorCode.ShouldBe((short)0);
        return result.Configs.ToDictionary(config => config.Name);
    }

    private static async Task<ErrorCode> Change(OneBrokerCluster cluster, sbyte type, string name, params (string Key, AlterOperation Operation, string? Value)[] changes)
    {
        var resource = new IncrementalAlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = type,
            ResourceName = name,
            Configs = [.. changes.Select(c => new IncrementalAlterConfigsRequest.AlterableConfig { Name = c.Key, ConfigOperation = (sbyte)c.Operation, Value = c.Value })],
        };
        var response = await cluster.Call<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new IncrementalAlterConfigsRequest { Resources = [resource] });
        return (ErrorCode)response.Responses.ShouldHaveSingleItem().ErrorCode;
    }

    private static async Task<ErrorCode> Replace(OneBrokerCluster cluster, sbyte type, string name, bool validateOnly, params (string Key, string Value)[] values)
    {
        var resource = new AlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = type,
            ResourceName = name,
            Configs = [.. values.Select(c => new AlterConfigsRequest.AlterableConfig { Name = c.Key, Value = c.Value })],
        };
        var response = await cluster.Call<AlterConfigsRequest, AlterConfigsResponse>(new AlterConfigsRequest { Resources = [resource], ValidateOnly = validateOnly });
        return (ErrorCode)response.Responses.ShouldHaveSingleItem().ErrorCode;
    }
}
