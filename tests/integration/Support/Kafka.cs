using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Integration.Tests.Support;

/// <summary>Confluent's client with short time-outs and without logs, for tests.</summary>
internal static class Kafka
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static IAdminClient Admin(string bootstrapServers)
        => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).SetLogHandler((_, _) => { }).Build();

    public static IProducer<string, string> Producer(string bootstrapServers, Action<ProducerConfig>? settings = null)
    {
        ProducerConfig config = new()
        {
            BootstrapServers = bootstrapServers, LingerMs = 2, Acks = Acks.All, Partitioner = Partitioner.Murmur2Random, MessageTimeoutMs = 60_000,
        };
        settings?.Invoke(config);
        return new ProducerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
    }

    public static IConsumer<string, string> Consumer(string bootstrapServers, string group, Action<ConsumerConfig>? settings = null)
    {
        ConsumerConfig config = new()
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            HeartbeatIntervalMs = 200,
            SessionTimeoutMs = 10_000,
        };
        settings?.Invoke(config);
        return new ConsumerBuilder<string, string>(config).SetLogHandler((_, _) => { }).Build();
    }

    public static Task CreateTopicAsync(this IAdminClient admin, string name, int partitions, params (string Key, string Value)[] settings)
        => admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = name, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings.ToDictionary(s => s.Key, s => s.Value),
        }]);

    /// <summary>Values "0", "1", … with the keys "k0" … "k9" in turn, all acknowledged.</summary>
    public static async Task<DeliveryResult<string, string>[]> ProduceNumbersAsync(string bootstrapServers, string topic, int count, int first = 0,
        Action<ProducerConfig>? settings = null)
    {
        using IProducer<string, string> producer = Producer(bootstrapServers, settings);
        return await Task.WhenAll(Enumerable.Range(first, count)
            .Select(i => producer.ProduceAsync(topic, new Message<string, string> { Key = $"k{i % 10}", Value = $"{i}" })));
    }

    /// <summary>The next records; fails if they do not arrive.</summary>
    public static List<ConsumeResult<string, string>> Take(this IConsumer<string, string> consumer, int count)
    {
        List<ConsumeResult<string, string>> taken = new(count);
        long start = TimeProvider.System.GetTimestamp();
        while (taken.Count < count)
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, $"{taken.Count} of {count} records came");
            if (consumer.Consume(TimeSpan.FromSeconds(1)) is { IsPartitionEOF: false } result)
            {
                taken.Add(result);
            }
        }

        return taken;
    }

    /// <summary>All records of a topic from its start, in each partition's order.</summary>
    public static List<ConsumeResult<string, string>> ReadAll(string bootstrapServers, string topic, int partitions, Action<ConsumerConfig>? settings = null)
    {
        using IConsumer<string, string> consumer = Consumer(bootstrapServers, "reader", settings);
        TopicPartition[] all = [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(topic, p))];
        consumer.Assign(all.Select(p => new TopicPartitionOffset(p, Offset.Beginning)));
        long count = all.Sum(p => consumer.QueryWatermarkOffsets(p, Patience) is { } marks ? marks.High - marks.Low : 0);
        return consumer.Take((int)count);
    }
}
