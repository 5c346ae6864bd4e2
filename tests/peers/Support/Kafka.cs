using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Peers.Tests.Support;

/// <summary>Confluent's client, for the parts of a case that do not use the peers' tools.</summary>
internal static class Kafka
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IAdminClient Admin(string bootstrapServers)
        => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();

    /// <summary>The first offset of partition 0.</summary>
    public static long Earliest(string bootstrapServers, string topic)
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers, GroupId = "unused",
        }).SetLogHandler((_, _) => { }).Build();
        return consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), Patience).Low.Value;
    }

    public static async Task CreateTopicAsync(string bootstrapServers, string name, int partitions, params (string Key, string Value)[] settings)
    {
        using IAdminClient admin = Admin(bootstrapServers);
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = name, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings.ToDictionary(s => s.Key, s => s.Value),
        }]);
    }

    /// <summary>Produces the values, with the keys "k0" … "k9" in turn, by an idempotent producer, all acknowledged.</summary>
    public static async Task ProduceAsync(string bootstrapServers, string topic, IEnumerable<string?> values,
        CompressionType compression = CompressionType.None)
    {
        ProducerConfig config = new()
        {
            BootstrapServers = bootstrapServers, EnableIdempotence = true, CompressionType = compression, LingerMs = 2,
            Partitioner = Partitioner.Murmur2Random, BatchNumMessages = 100,
        };
        using IProducer<string, string?> producer = new ProducerBuilder<string, string?>(config).SetValueSerializer(new Text()).SetLogHandler((_, _) => { })
            .Build();
        await Task.WhenAll(values.Select((value, i) => producer.ProduceAsync(topic, new Message<string, string?> { Key = $"k{i % 10}", Value = value })));
    }

    /// <summary>Numbers as values.</summary>
    public static IEnumerable<string> Numbers(int first, int count) => Enumerable.Range(first, count).Select(i => $"{i}");

    /// <summary>Waits until all partitions of a topic have leaders: a broker just started learns of them after it listens.</summary>
    public static async Task HasLeadersAsync(string bootstrapServers, string topic, int partitions)
    {
        using IAdminClient admin = Admin(bootstrapServers);
        await Until.HoldsAsync($"{topic} has leaders", Patience,
            () => admin.GetMetadata(topic, Patience).Topics[0].Partitions.Count(p => p.Leader >= 0) == partitions);
    }

    /// <summary>All records of a topic, in each partition's order.</summary>
    public static List<ConsumeResult<string, string>> ReadAll(string bootstrapServers, string topic, int partitions, string rack = "")
    {
        using IConsumer<string, string> consumer = Consumer(bootstrapServers, "reader", rack);
        TopicPartition[] all = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
        consumer.Assign(all.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        return Take(consumer, (int)all.Sum(p => consumer.QueryWatermarkOffsets(p, Patience).High.Value));
    }

    /// <summary>Reads as a member of a group, commits its position, and leaves.</summary>
    /// <returns>The committed offsets, by partition.</returns>
    public static Dictionary<int, long> ReadAndCommit(string bootstrapServers, string group, string topic, int count)
    {
        using IConsumer<string, string> consumer = Consumer(bootstrapServers, group);
        consumer.Subscribe(topic);
        Take(consumer, count);
        Dictionary<int, long> committed = consumer.Commit().Where(o => o.Offset.Value >= 0).ToDictionary(o => o.Partition.Value, o => o.Offset.Value);
        consumer.Close();
        return committed;
    }

    /// <summary>A group's committed offsets of a topic, by partition.</summary>
    public static async Task<Dictionary<int, long>> CommittedAsync(string bootstrapServers, string group, string topic)
    {
        using IAdminClient admin = Admin(bootstrapServers);
        return (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, null)]))[0].Partitions.Where(p => p.Topic == topic
            && p.Offset.Value >= 0).ToDictionary(p => p.Partition.Value, p => p.Offset.Value);
    }

    private static IConsumer<string, string> Consumer(string bootstrapServers, string group, string rack = "")
        => new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers, GroupId = group, ClientRack = rack, EnableAutoCommit = false, AutoOffsetReset = AutoOffsetReset.Earliest,
            CheckCrcs = true,
        })
            .SetLogHandler((_, _) => { }).Build();

    private static List<ConsumeResult<string, string>> Take(IConsumer<string, string> consumer, int count)
    {
        List<ConsumeResult<string, string>> taken = new(count);
        long start = TimeProvider.System.GetTimestamp();
        while (taken.Count < count)
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, $"{taken.Count} of {count} records came");
            if (consumer.Consume(TimeSpan.FromSeconds(1)) is { } result)
            {
                taken.Add(result);
            }
        }

        return taken;
    }

    private sealed class Text : ISerializer<string?>
    {
        public byte[] Serialize(string? data, SerializationContext context) => data is null ? null! : System.Text.Encoding.UTF8.GetBytes(data);
    }
}
