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
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", 1, ("segment.bytes", "100000"));
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, "7"),
            ("cleanup.policy", AlterOperation.Append, "compact"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].ShouldSatisfyAllConditions(c => c.Topic.ShouldBe("t"), c => c.Config.RetentionMs.ShouldBe(7),
            c => c.Config.CleanupCompact.ShouldBeTrue());

        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> described = await Describe(cluster, Topic, "t");
        described["retention.ms"].ShouldSatisfyAllConditions(c => c.Value.ShouldBe("7"), c => c.ConfigSource.ShouldBe((sbyte)1),
            c => c.ConfigType.ShouldBe((sbyte)5));
        described["cleanup.policy"].Value.ShouldBe("delete,compact");
        described["max.message.bytes"].Synonyms.Select(s => (s.Name, s.Value, s.Source)).ShouldBe([("message.max.bytes", "1048588", (sbyte)5)]);

        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Delete, null),
            ("cleanup.policy", AlterOperation.Subtract, "delete"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.ShouldSatisfyAllConditions(c => c.RetentionMs.ShouldBe(604800000), c => c.CleanupDelete.ShouldBeFalse(),
            c => c.SegmentBytes.ShouldBe(100000));
    }

    [Fact]
    public async Task What_was_answered_is_described_at_once()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        cluster.FailToConfigure = new InvalidOperationException("no notice is taken over");
        for (int i = 1; i <= 20; i++)
        {
            (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, $"{i}"))).ShouldBe(ErrorCode.None);
            (await Describe(cluster, Topic, "t"))["retention.ms"].Value.ShouldBe($"{i}");
            (await Change(cluster, Server, "", ("log.segment.bytes", AlterOperation.Set, $"{100_000 + i}"))).ShouldBe(ErrorCode.None);
            (await Describe(cluster, Server, ""))["log.segment.bytes"].Value.ShouldBe($"{100_000 + i}");
            (await Change(cluster, Server, "1", ("log.retention.bytes", AlterOperation.Set, $"{i}"))).ShouldBe(ErrorCode.None);
            (await Describe(cluster, Server, "1"))["log.retention.bytes"].Value.ShouldBe($"{i}");
            (await Describe(cluster, Topic, "t"))["segment.bytes"].Value.ShouldBe($"{100_000 + i}");
            CreateTopicsResponse created = await cluster.CreateTopic($"u{i}");
            created.Topics[0].Configs!.Single(config => config.Name == "retention.bytes").Value.ShouldBe($"{i}");
        }
    }

    [Fact]
    public async Task The_broker_s_settings_are_read_once_for_all_resources_of_a_request()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        await cluster.CreateTopic("u");
        int before = cluster.Link.Read.Count;
        DescribeConfigsRequest request = new()
        {
            Resources = [
                new() { ResourceType = Topic, ResourceName = "t" }, new() { ResourceType = Topic, ResourceName = "u" },
                new() { ResourceType = Server, ResourceName = "1" }],
        };
        (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request)).Results.Select(result => result.ErrorCode).ShouldBe([0, 0, 0]);
        cluster.Link.Read.Skip(before).Where(path => path.StartsWith("/config/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .ShouldBe(["/config/brokers/1", "/config/brokers/<default>", "/config/topics/t", "/config/topics/u"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_names_of_settings_ask_for_all(bool isNull)
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        DescribeConfigsRequest request = new() { Resources = [new() { ResourceType = Topic, ResourceName = "t", ConfigurationKeys = isNull ? null : [] }] };
        (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request)).Results[0].Configs.Length.ShouldBe(36);
    }

    [Fact]
    public async Task Replacing_drops_what_is_not_named_and_validating_changes_nothing()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
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
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        (await Change(cluster, Topic, "none", ("retention.ms", AlterOperation.Set, "7"))).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await Change(cluster, Topic, "", ("retention.ms", AlterOperation.Set, "7"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Topic, "t", ("nonsense", AlterOperation.Set, "7"))).ShouldBe(ErrorCode.InvalidConfig);
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Append, "7"))).ShouldBe(ErrorCode.InvalidConfig);
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, null))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, "1"),
            ("retention.ms", AlterOperation.Set, "2"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Topic, "t", ("retention.ms", (AlterOperation)9, "1"))).ShouldBe(ErrorCode.UnknownServerError);
        (await Change(cluster, Server, "2", ("log.retention.ms", AlterOperation.Set, "1"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, Server, "1", ("broker.rack", AlterOperation.Set, "r"))).ShouldBe(ErrorCode.InvalidRequest);
        (await Change(cluster, 8, "1", ("x", AlterOperation.Set, "r"))).ShouldBe(ErrorCode.InvalidRequest);
    }

    [Fact]
    public async Task A_dynamic_broker_default_reaches_all_topics_that_do_not_say_otherwise()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start(("log.retention.ms", "100"));
        await cluster.CreateTopic("t");
        (await Describe(cluster, Topic, "t"))["retention.ms"].ShouldSatisfyAllConditions(c => c.Value.ShouldBe("100"), c => c.ConfigSource.ShouldBe((sbyte)4));
        (await Change(cluster, Server, "", ("log.retention.ms", AlterOperation.Set, "200"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.RetentionMs.ShouldBe(200);
        (await Change(cluster, Server, "1", ("log.retention.ms", AlterOperation.Set, "300"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.RetentionMs.ShouldBe(300);

        DescribeConfigsResponse.DescribeConfigsResourceResult retention = (await Describe(cluster, Server, "1"))["log.retention.ms"];
        retention.Synonyms.Select(s => (s.Value, s.Source)).Take(3).ShouldBe([("300", (sbyte)2), ("200", (sbyte)3), ("100", (sbyte)4)]);
        (await Describe(cluster, Server, "")).ShouldHaveSingleItem().Value.Value.ShouldBe("200");
    }

    [Fact]
    public async Task What_no_topic_could_live_with_is_refused_of_a_broker_and_everything_goes_on()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        foreach ((string key,
            string value) in new[] { ("log.roll.ms", "0"), ("log.roll.jitter.ms", "-1"), ("log.retention.ms", "0"), ("log.flush.interval.ms", "-1"),
            ("max.connections.per.ip", "0") })
        {
            foreach (string broker in new[] { "", "1" })
            {
                (await Change(cluster, Server, broker, (key, AlterOperation.Set, value))).ShouldBe(ErrorCode.InvalidRequest, key);
            }
        }

        (await Change(cluster, Server, "", ("log.retention.ms", AlterOperation.Set, "-2"))).ShouldBe(ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.RetentionMs.ShouldBe(-1);
        (await Describe(cluster, Topic, "t"))["segment.ms"].Value.ShouldBe("604800000");
    }

    [Fact]
    public async Task A_value_that_an_older_broker_took_is_passed_over_alone()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        await cluster.Membership.Znodes.SetConfig("brokers/<default>", new Dictionary<string, string> { ["log.roll.ms"] = "0", ["log.retention.ms"] = "55" });
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.ShouldSatisfyAllConditions(c => c.RetentionMs.ShouldBe(55), c => c.SegmentMs.ShouldBe(604800000));
    }

    [Fact]
    public async Task A_partition_that_cannot_take_a_change_does_not_keep_the_next_change_away()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        cluster.FailToConfigure = new InvalidOperationException("as a fault would");
        await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, "7"));
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.FailToConfigure = null;
        await Change(cluster, Topic, "t", ("retention.ms", AlterOperation.Set, "8"));
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        cluster.Configured[^1].Config.RetentionMs.ShouldBe(8);
    }

    [Fact]
    public async Task Whoever_needs_the_broker_s_settings_is_told_what_holds_now_and_then()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start(("max.connections", "9"));
        System.Threading.Channels.Channel<int> told = System.Threading.Channels.Channel.CreateUnbounded<int>();
        cluster.Membership.Brokers.Subscribe(config => told.Writer.TryWrite(config.MaxConnections));
        (await told.Reader.ReadAsync(TestContext.Current.CancellationToken)).ShouldBe(9);
        (await Change(cluster, Server, "", ("max.connections", AlterOperation.Set, "5"))).ShouldBe(ErrorCode.None);
        (await told.Reader.ReadAsync(TestContext.Current.CancellationToken)).ShouldBe(5);
    }

    [Fact]
    public async Task What_cannot_change_while_running_is_refused_and_shown_as_such()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        foreach (string key in new[] { "listeners", "advertised.listeners", "listener.security.protocol.map", "max.connection.creation.rate",
            "sasl.enabled.mechanisms" })
        {
            (await Change(cluster, Server, "1", (key, AlterOperation.Set, "PLAINTEXT://127.0.0.1:1"))).ShouldBe(ErrorCode.InvalidRequest, key);
            (await Describe(cluster, Server, "1"))[key].ReadOnly.ShouldBeTrue(key);
        }
    }

    [Fact]
    public async Task Settings_that_contradict_each_other_or_ask_for_what_is_not_there_are_refused()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", 1, ("min.compaction.lag.ms", "10"));
        foreach ((string key, string value) in new[]
        {
            ("max.compaction.lag.ms", "5"), ("remote.storage.enable", "true"), ("remote.log.copy.disable", "true"), ("message.format.version", "9.9"),
                ("leader.replication.throttled.replicas", "abc"),
        })
        {
            (await Change(cluster, Topic, "t", (key, AlterOperation.Set, value))).ShouldBe(ErrorCode.InvalidConfig, key);
            CreateTopicsResponse.CreatableTopicResult refused = (await cluster.CreateTopic("u", 1, ("min.compaction.lag.ms", "10"), (key, value))).Topics[0];
            ((ErrorCode)refused.ErrorCode).ShouldBe(ErrorCode.InvalidConfig, key);
        }

        (await Change(cluster, Topic, "t", ("max.compaction.lag.ms", AlterOperation.Set, "10"),
            ("message.format.version", AlterOperation.Set, "0.10.0"))).ShouldBe(ErrorCode.None);
    }

    [Fact]
    public async Task Every_version_of_describing_is_answered_and_named_keys_are_picked()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t");
        for (short version = 0; version <= 4; version++)
        {
            DescribeConfigsRequest request = new() { Resources = [new() { ResourceType = Topic, ResourceName = "t", ConfigurationKeys = ["segment.ms"] }] };
            DescribeConfigsResponse.DescribeConfigsResourceResult entry = (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request,
                version)).Results[0].Configs.ShouldHaveSingleItem();
            entry.Value.ShouldBe("604800000");
            entry.IsDefault.ShouldBeFalse();
        }

        DescribeConfigsRequest unknown = new()
        {
            Resources = [new() { ResourceType = Topic, ResourceName = "none" },
            new() { ResourceType = Server, ResourceName = "9" }, new() { ResourceType = 77, ResourceName = "x" }]
        };
        (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(unknown)).Results.Select(r => (ErrorCode)r.ErrorCode)
            .ShouldBe([ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidRequest, ErrorCode.InvalidRequest]);
    }

    private static async Task<Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult>> Describe(OneBrokerCluster cluster, sbyte type,
        string name)
    {
        DescribeConfigsRequest request = new()
        {
            Resources = [new() { ResourceType = type, ResourceName = name, ConfigurationKeys = null }], IncludeSynonyms = true,
        };
        DescribeConfigsResponse.DescribeConfigsResult result =
            (await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(request)).Results.ShouldHaveSingleItem();
        result.ErrorCode.ShouldBe((short)0);
        return result.Configs.ToDictionary(config => config.Name);
    }

    private static async Task<ErrorCode> Change(OneBrokerCluster cluster, sbyte type, string name,
        params (string Key, AlterOperation Operation, string? Value)[] changes)
    {
        IncrementalAlterConfigsRequest.AlterConfigsResource resource = new()
        {
            ResourceType = type,
            ResourceName = name,
            Configs = [.. changes.Select(c => new IncrementalAlterConfigsRequest.AlterableConfig
            {
                Name = c.Key, ConfigOperation = (sbyte)c.Operation, Value = c.Value,
            })],
        };
        IncrementalAlterConfigsResponse response =
            await cluster.Call<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new IncrementalAlterConfigsRequest { Resources = [resource] });
        return (ErrorCode)response.Responses.ShouldHaveSingleItem().ErrorCode;
    }

    private static async Task<ErrorCode> Replace(OneBrokerCluster cluster, sbyte type, string name, bool validateOnly,
        params (string Key, string Value)[] values)
    {
        AlterConfigsRequest.AlterConfigsResource resource = new()
        {
            ResourceType = type,
            ResourceName = name,
            Configs = [.. values.Select(c => new AlterConfigsRequest.AlterableConfig { Name = c.Key, Value = c.Value })],
        };
        AlterConfigsResponse response = await cluster.Call<AlterConfigsRequest, AlterConfigsResponse>(new AlterConfigsRequest
        {
            Resources = [resource], ValidateOnly = validateOnly,
        });
        return (ErrorCode)response.Responses.ShouldHaveSingleItem().ErrorCode;
    }
}
