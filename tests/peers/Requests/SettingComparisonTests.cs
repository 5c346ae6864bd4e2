using Broker.Protocol.Messages;

namespace Peers.Tests.Requests;

/// <summary>
/// Describes and alters settings, request by request, on Apache Kafka 3.9 and on our broker: the answers are the same. The requests are sent one after the
/// other, so each shows the effect of those before.
/// </summary>
public sealed class SettingComparisonTests(BothBrokers both)
{
    private const sbyte Set = 0;
    private const sbyte Remove = 1;
    private const sbyte Append = 2;
    private const sbyte Subtract = 3;

    [Fact]
    public async Task Settings()
    {
        Comparison comparison = await Comparison.OpenAsync(both);
        await comparison.SameAsync<CreateTopicsRequest, CreateTopicsResponse>(Create(Configured("s", ("retention.ms", "5000"))), 4);
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "s"));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "s", synonyms: false), 0);
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "none"));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "no good"));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, ""));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, ""));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, "7"));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, "x"));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(77, "x"));
        foreach ((string name, sbyte op, string? value) in new (string, sbyte, string?)[]
        {
            ("retention.ms", Set, "7"), ("retention.ms", Set, "soon"), ("retention.ms", Set, "-5"), ("nonsense", Set, "1"),
            ("nonsense", Remove, null), ("retention.ms", Append, "7"), ("retention.ms", Subtract, "7"),
            ("retention.ms", Set, null), ("cleanup.policy", Append, "compact"), ("cleanup.policy", Set, "burn"),
            ("cleanup.policy", Subtract, "delete"), ("compression.type", Set, "zip"),
        })
        {
            await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "s", (name, op, value)));
        }

        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "s", ("retention.ms", Set, "7"),
            ("retention.ms", Set, "8")));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "none", ("retention.ms", Set, "7")));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(2, "", ("retention.ms", Set, "7")));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(77, "x", ("retention.ms", Set, "7")));
        foreach (string broker in new[] { "0", "2", "x", "" })
        {
            foreach ((string key,
                string value) in new[] { ("log.retention.ms", "9000"), ("log.retention.ms", "soon"), ("broker.rack", "r"), ("nonsense", "1"),
                ("log.cleaner.threads", "2"), ("max.connections", "77"), ("log.roll.ms", "5"), ("leader.replication.throttled.rate", "1000"),
                ("follower.replication.throttled.rate", "-1"), ("follower.replication.throttled.rate", "fast"), ("replica.selector.class", "x") })
            {
                IncrementalAlterConfigsRequest request = Change(4, broker, (key, Set, value));
                request.ValidateOnly = true;
                await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(request);
            }
        }

        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("segment.bytes", "100000")));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("nonsense", "100000")));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("segment.bytes", "few")));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "s", ("segment.bytes", null)));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "none", ("segment.bytes", "100000")));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(2, "", ("segment.bytes", "100000")));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(4, "2", ("log.retention.ms", "100000")));
        await comparison.SameAsync<AlterConfigsRequest, AlterConfigsResponse>(Replace(77, "2", ("log.retention.ms", "100000")));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(4, "", ("log.retention.ms", Set, "9000"),
            ("log.cleaner.threads", Set, "2"), ("leader.replication.throttled.rate", Set, "1000"), ("follower.replication.throttled.rate", Set, "7")));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(4, "0",
            ("leader.replication.throttled.rate", Set, "2000")));
        await Until.HoldsAsync("Apache has taken its defaults over", Apache.Patience, async () =>
            (await comparison.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, ""))).Theirs.Results[0].Configs.Length >= 4);
        await Until.HoldsAsync("Apache has taken its own setting over", Apache.Patience, async () =>
            (await comparison.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Throttle)).Theirs.Results[0].Configs is [{ Value: "2000" }, _]);
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Throttle);
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(2, "s"));
        await comparison.SameAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, ""));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(4, "", ("log.retention.ms", Remove, null),
            ("log.cleaner.threads", Remove, null), ("leader.replication.throttled.rate", Remove, null), ("follower.replication.throttled.rate", Remove, null)));
        await comparison.SameAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(Change(4, "0",
            ("leader.replication.throttled.rate", Remove, null)));
        await comparison.SameAsync<DeleteTopicsRequest, DeleteTopicsResponse>(Delete("s"));
        comparison.ShouldBeTheSame();
    }

    [Fact]
    public async Task A_broker_s_settings()
    {
        Comparison comparison = await Comparison.OpenAsync(both);
        (DescribeConfigsResponse theirAnswer,
            DescribeConfigsResponse ourAnswer) = await comparison.AskAsync<DescribeConfigsRequest, DescribeConfigsResponse>(Describe(4, "0"));
        Dictionary<string, string> theirs = ByName(theirAnswer);
        Dictionary<string, string> ours = ByName(ourAnswer);
        // Settings that differ because the two were started differently, and our finite default (see docs/compatibility.md).
        string[] ofTheRun = ["listeners", "advertised.listeners", "log.dir", "log.dirs", "zookeeper.connect", "zookeeper.session.timeout.ms",
            "queued.max.request.bytes",
            // And settings that Kafka can change while it runs, and our broker cannot.
            "listener.security.protocol.map", "max.connection.creation.rate", "principal.builder.class", "sasl.enabled.mechanisms", "sasl.jaas.config",
                "sasl.mechanism.inter.broker.protocol"];
        string[] common = [.. theirs.Keys.Intersect(ours.Keys).Except(ofTheRun)];
        common.Length.ShouldBeGreaterThan(145);
        common.Where(key => theirs[key] != ours[key]).Select(key => AnswerText.Difference(theirs[key], ours[key])).ShouldBeEmpty();
        ours.Keys.Except(theirs.Keys).Order(StringComparer.Ordinal).ShouldBe(["log.format", "metrics.http.listener"]);
    }

    private static DescribeConfigsRequest Throttle => new()
    {
        Resources = [new()
        {
            ResourceType = 4, ResourceName = "0", ConfigurationKeys = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"],
        }],
        IncludeSynonyms = true,
    };

    private static Dictionary<string, string> ByName(DescribeConfigsResponse response)
        => response.Results[0].Configs.ToDictionary(config => config.Name, config => AnswerText.Of(config), StringComparer.Ordinal);

    private static CreateTopicsRequest Create(params CreateTopicsRequest.CreatableTopic[] topics) => new() { Topics = topics, TimeoutMs = 20_000 };

    private static CreateTopicsRequest.CreatableTopic Configured(string name, params (string Key, string? Value)[] configs) => new()
    {
        Name = name,
        NumPartitions = 2,
        ReplicationFactor = 1,
        Configs = [.. configs.Select(c => new CreateTopicsRequest.CreatableTopicConfig { Name = c.Key, Value = c.Value })],
    };

    private static DeleteTopicsRequest Delete(params string[] topics)
        => new() { Topics = [.. topics.Select(t => new DeleteTopicsRequest.DeleteTopicState { Name = t })], TimeoutMs = 20_000 };

    private static DescribeConfigsRequest Describe(sbyte type, string name, bool synonyms = true) =>
        new() { Resources = [new() { ResourceType = type, ResourceName = name, ConfigurationKeys = null }], IncludeSynonyms = synonyms };

    private static IncrementalAlterConfigsRequest Change(sbyte type, string name, params (string Key, sbyte Operation, string? Value)[] changes) => new()
    {
        Resources = [new()
        {
            ResourceType = type, ResourceName = name,
                Configs = [.. changes.Select(c => new IncrementalAlterConfigsRequest.AlterableConfig
                {
                    Name = c.Key, ConfigOperation = (sbyte)c.Operation, Value = c.Value,
                })],
        }],
    };

    private static AlterConfigsRequest Replace(sbyte type, string name, params (string Key, string? Value)[] values) => new()
    {
        Resources = [new()
        {
            ResourceType = type, ResourceName = name,
                Configs = [.. values.Select(c => new AlterConfigsRequest.AlterableConfig { Name = c.Key, Value = c.Value })],
        }],
    };
}
