using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Integration.Tests.Clients;

public sealed class AdminTests(OneBroker broker) : IDisposable
{
    private readonly IAdminClient _admin = Kafka.Admin(broker.BootstrapServers);

    public void Dispose() => _admin.Dispose();

    [Fact]
    public async Task A_topic_is_created_described_given_partitions_and_deleted()
    {
        string topic = broker.FreshName("life");
        await _admin.CreateTopicAsync(topic, 2, ("retention.ms", "12345"));
        TopicDescription created = await DescribeAsync(topic);
        created.Partitions.Select(p => p.Partition).ShouldBe([0, 1]);
        created.Partitions.ShouldAllBe(p => p.Leader!.Id == 0 && p.ISR.Count == 1);
        created.TopicId.ToString().ShouldNotBeEmpty();

        await _admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = 5 }]);
        await Until.HoldsAsync("the topic has five partitions", Kafka.Patience, async () => (await DescribeAsync(topic)).Partitions.Count == 5);
        (await Should.ThrowAsync<CreatePartitionsException>(() => _admin.CreatePartitionsAsync([new PartitionsSpecification
        {
            Topic = topic, IncreaseTo = 3,
        }])))
            .Results[0].Error.Code.ShouldBe(ErrorCode.InvalidPartitions);

        await _admin.DeleteTopicsAsync([topic]);
        await Until.HoldsAsync("the topic is deleted", Kafka.Patience, () => _admin.GetMetadata(Kafka.Patience).Topics.TrueForAll(t => t.Topic != topic));
    }

    [Fact]
    public async Task A_deleted_topic_comes_back_empty()
    {
        string topic = broker.FreshName("reborn");
        await _admin.CreateTopicAsync(topic, 1);
        await Kafka.ProduceNumbersAsync(broker.BootstrapServers, topic, 10);
        TopicDescription before = await DescribeAsync(topic);
        await _admin.DeleteTopicsAsync([topic]);
        // As in Kafka, the name stays in use until the controller has finished the deletion, after clients no longer see the topic.
        await Until.HoldsAsync("the name is free again", Kafka.Patience, () => CreatedAsync(topic));
        (await DescribeAsync(topic)).TopicId.ShouldNotBe(before.TopicId);
        (await Kafka.ProduceNumbersAsync(broker.BootstrapServers, topic, 1))[0].Offset.Value.ShouldBe(0);
    }

    [Fact]
    public async Task Wrong_requests_get_named_errors()
    {
        string topic = broker.FreshName("mistaken");
        await _admin.CreateTopicAsync(topic, 1);
        (await CreationErrorAsync(new TopicSpecification { Name = topic, NumPartitions = 1 })).ShouldBe(ErrorCode.TopicAlreadyExists);
        (await CreationErrorAsync(new TopicSpecification { Name = "a name with spaces", NumPartitions = 1 })).ShouldBe(ErrorCode.TopicException);
        (await CreationErrorAsync(new TopicSpecification
        {
            Name = "x", NumPartitions = 1, ReplicationFactor = 3,
        })).ShouldBe(ErrorCode.InvalidReplicationFactor);
        (await CreationErrorAsync(new TopicSpecification
        {
            Name = "x", NumPartitions = 1, Configs = new() { ["retention.ms"] = "soon" },
        })).ShouldBe(ErrorCode.InvalidConfig);
        (await Should.ThrowAsync<DeleteTopicsException>(() => _admin.DeleteTopicsAsync(["never-made"]))).Results[0].Error.Code.ShouldBe(
            ErrorCode.UnknownTopicOrPart);
    }

    [Fact]
    public async Task A_topic_s_setting_is_changed_shown_and_removed()
    {
        string topic = broker.FreshName("settings");
        await _admin.CreateTopicAsync(topic, 1);
        ConfigResource resource = new() { Type = ResourceType.Topic, Name = topic };
        (await ConfigAsync(resource, "retention.ms")).Source.ShouldBe(ConfigSource.DefaultConfig);
        await _admin.IncrementalAlterConfigsAsync(new()
        {
            [resource] = [new ConfigEntry
        {
            Name = "retention.ms", Value = "60000", IncrementalOperation = AlterConfigOpType.Set,
        }]
        });
        await Until.HoldsAsync("the setting holds", Kafka.Patience, async () => (await ConfigAsync(resource, "retention.ms")).Value == "60000");
        (await ConfigAsync(resource, "retention.ms")).Source.ShouldBe(ConfigSource.DynamicTopicConfig);
        await _admin.IncrementalAlterConfigsAsync(new()
        {
            [resource] = [new ConfigEntry
        {
            Name = "retention.ms", IncrementalOperation = AlterConfigOpType.Delete,
        }]
        });
        await Until.HoldsAsync("the default holds again", Kafka.Patience, async () => (await ConfigAsync(resource, "retention.ms")).Value == "604800000");
    }

    [Fact]
    public async Task The_broker_s_settings_and_the_cluster_are_described()
    {
        (await ConfigAsync(new ConfigResource { Type = ResourceType.Broker, Name = "0" }, "group.min.session.timeout.ms")).Value.ShouldBe("500");
        DescribeClusterResult cluster = await _admin.DescribeClusterAsync();
        cluster.ClusterId.Length.ShouldBe(22);
        cluster.Controller.Id.ShouldBe(0);
        cluster.Nodes.Select(n => $"{n.Host}:{n.Port}").ShouldBe([broker.BootstrapServers]);
    }

    [Fact]
    public async Task Offsets_are_listed_by_position_and_by_time()
    {
        string topic = broker.FreshName("offsets");
        await Kafka.ProduceNumbersAsync(broker.BootstrapServers, topic, 25);
        (await OffsetAsync(OffsetSpec.Earliest())).ShouldBe(0);
        (await OffsetAsync(OffsetSpec.Latest())).ShouldBe(25);
        (await OffsetAsync(OffsetSpec.MaxTimestamp())).ShouldBeInRange(0, 24);
        (await OffsetAsync(OffsetSpec.ForTimestamp(0))).ShouldBe(0);

        async Task<long> OffsetAsync(OffsetSpec spec)
            => (await _admin.ListOffsetsAsync([new TopicPartitionOffsetSpec
            {
                TopicPartition = new TopicPartition(topic, 0), OffsetSpec = spec,
            }])).ResultInfos[0].TopicPartitionOffsetError.Offset.Value;
    }

    private async Task<TopicDescription> DescribeAsync(string topic)
        => (await _admin.DescribeTopicsAsync(TopicCollection.OfTopicNames([topic]))).TopicDescriptions[0];

    private async Task<bool> CreatedAsync(string topic)
    {
        try
        {
            await _admin.CreateTopicAsync(topic, 1);
            return true;
        }
        catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
        {
            return false;
        }
    }

    private async Task<ErrorCode> CreationErrorAsync(TopicSpecification topic)
        => (await Should.ThrowAsync<CreateTopicsException>(() => _admin.CreateTopicsAsync([topic]))).Results[0].Error.Code;

    private async Task<ConfigEntryResult> ConfigAsync(ConfigResource resource, string key) => (await _admin.DescribeConfigsAsync([resource]))[0].Entries[key];
}
