using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Config;
using Broker.Server.Metadata;
using Broker.Server.Replication;
using Broker.Server.Tests.Apis;
using Broker.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Server.Tests.Replication;

public sealed class ReplicationQuotaTests
{
    private const int Me = 1;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_rate_is_taken_over_the_samples_and_at_least_over_one()
    {
        ReplicationQuota quota = new(samples: 3, sampleMs: 1000, _time);
        quota.Record(1_000_000);
        quota.IsExceeded().ShouldBeFalse();
        quota.SetRate(1000);
        quota.IsExceeded().ShouldBeTrue();
        quota.SetRate(1_000_000);
        quota.IsExceeded().ShouldBeFalse();
        quota.Record(1);
        quota.IsExceeded().ShouldBeTrue();

        // Two seconds later half as much a second has come; after the third the sample is forgotten.
        _time.Advance(TimeSpan.FromSeconds(2));
        quota.IsExceeded().ShouldBeFalse();
        quota.Record(1_000_000);
        quota.IsExceeded().ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));
        quota.IsExceeded().ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(100));
        quota.Record(1_000_001);
        quota.IsExceeded().ShouldBeTrue();
    }

    [Fact]
    public void Nothing_may_be_moved_at_a_rate_of_0_beyond_what_shows_it()
    {
        ReplicationQuota quota = new(samples: 3, sampleMs: 1000, _time);
        quota.SetRate(0);
        quota.IsExceeded().ShouldBeFalse();
        quota.Record(1);
        quota.IsExceeded().ShouldBeTrue();
    }

    [Theory]
    [InlineData("*", "0,1,2")]
    [InlineData("0:1,1:2, 2:1", "0,2")]
    [InlineData("0:2", "")]
    [InlineData("0:11", "")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_topics_list_names_the_replicas_of_this_broker(string? list, string partitions)
    {
        ReplicationQuotas quotas = new(new BrokerConfig(new Dictionary<string, string> { ["listeners"] = "PLAINTEXT://127.0.0.1:9092" }), Me, _time);
        quotas.Set("t", new Dictionary<string, string> { ["leader.replication.throttled.replicas"] = "*" });
        quotas.Set("t", list is null ? [] : new Dictionary<string, string> { ["leader.replication.throttled.replicas"] = list });
        string.Join(',', Enumerable.Range(0, 3).Where(p => quotas.Leader.IsThrottled(new TopicPartition("t", p)))).ShouldBe(partitions);
        quotas.Leader.IsThrottled(new TopicPartition("u", 0)).ShouldBeFalse();
        quotas.Follower.IsThrottled(new TopicPartition("t", 0)).ShouldBeFalse();
    }

    [Fact]
    public async Task Settings_that_are_altered_reach_the_quotas_and_are_described_as_in_Kafka_only_while_they_are_set()
    {
        await using OneBrokerCluster cluster = await OneBrokerCluster.Start();
        await cluster.CreateTopic("t", 2);
        ReplicationQuotas quotas = new(cluster.Membership.Brokers.Effective, Me, _time);
        cluster.Membership.Brokers.Subscribe(quotas.Set);
        cluster.Membership.Topics.Subscribe(quotas.Set);
        (await Described(cluster)).ShouldBeNull();
        await Alter(cluster, 2, "t", ("leader.replication.throttled.replicas", "1:1"), ("follower.replication.throttled.replicas", "*"));
        await Alter(cluster, 4, "", ("leader.replication.throttled.rate", "100"), ("follower.replication.throttled.rate", "100"));
        await Alter(cluster, 4, "1", ("leader.replication.throttled.rate", "1000"));
        quotas.Leader.IsThrottled(new TopicPartition("t", 0)).ShouldBeFalse();
        quotas.Leader.IsThrottled(new TopicPartition("t", 1)).ShouldBeTrue();
        quotas.Follower.IsThrottled(new TopicPartition("t", 0)).ShouldBeTrue();
        quotas.Leader.Record(500);
        quotas.Follower.Record(500);
        quotas.Leader.IsExceeded().ShouldBeFalse();
        quotas.Follower.IsExceeded().ShouldBeTrue();
        DescribeConfigsResponse.DescribeConfigsResourceResult described = (await Described(cluster)).ShouldNotBeNull();
        described.Value.ShouldBe("1000");
        described.ConfigType.ShouldBe((sbyte)ConfigType.Long);
        described.ReadOnly.ShouldBeTrue();
        described.Synonyms.Select(s => s.Value).ShouldBe(["1000", "100"]);
        await Alter(cluster, 4, "1", ("leader.replication.throttled.rate", null));
        quotas.Leader.IsExceeded().ShouldBeTrue();
        await Alter(cluster, 4, "", ("leader.replication.throttled.rate", null));
        quotas.Leader.IsExceeded().ShouldBeFalse();
        (await Described(cluster)).ShouldBeNull();
    }

    private static async Task<DescribeConfigsResponse.DescribeConfigsResourceResult?> Described(OneBrokerCluster cluster)
    {
        DescribeConfigsResponse response = await cluster.Call<DescribeConfigsRequest, DescribeConfigsResponse>(new DescribeConfigsRequest
        {
            Resources = [new() { ResourceType = 4, ResourceName = "1", ConfigurationKeys = null }], IncludeSynonyms = true,
        });
        return response.Results.ShouldHaveSingleItem().Configs.SingleOrDefault(config => config.Name == "leader.replication.throttled.rate");
    }

    /// <summary>Alters, and waits until the broker has taken it over. A null deletes.</summary>
    private static async Task Alter(OneBrokerCluster cluster, sbyte type, string name, params (string Key, string? Value)[] values)
    {
        IncrementalAlterConfigsResponse response = await cluster.Call<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(new()
        {
            Resources = [new()
            {
                ResourceType = type,
                ResourceName = name,
                Configs = [.. values.Select(v => new IncrementalAlterConfigsRequest.AlterableConfig
                {
                    Name = v.Key, ConfigOperation = (sbyte)(v.Value is null ? AlterOperation.Delete : AlterOperation.Set), Value = v.Value,
                })],
            }],
        });
        response.Responses.ShouldHaveSingleItem().ErrorCode.ShouldBe((short)ErrorCode.None);
        (await cluster.ConfiguredSignal.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
    }
}
