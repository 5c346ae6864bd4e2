using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;

namespace Integration.Tests.Detector;

/// <summary>A broker of the test's own, because the detector's topics have fixed names.</summary>
public abstract class DetectorBroker : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;

    private protected string BootstrapServers => _broker.BootstrapServers;

    public async ValueTask InitializeAsync()
        => _broker = await BrokerProcess.StartAsync(_folder["broker"], "group.min.session.timeout.ms=500", "log.initial.task.delay.ms=0",
        "log.retention.check.interval.ms=100");

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Creates a topic as in the contract, except for <paramref name="settings"/>; with one partition where the contract leaves the number open.
    /// </summary>
    private protected async Task CreateAsync(string topic, params (string Key, string Value)[] settings)
    {
        using IAdminClient admin = Kafka.Admin(BootstrapServers);
        TopicSpec spec = new Topics(1)[topic];
        Dictionary<string, string> all = new(spec.Configs);
        foreach ((string key, string value) in settings)
        {
            all[key] = value;
        }

        await admin.CreateTopicAsync(topic, spec.Partitions, [.. all.Select(setting => (setting.Key, setting.Value))]);
    }

    /// <summary>Changes one setting of a topic, and waits until the broker shows it.</summary>
    private protected async Task AlterAsync(string topic, string key, string value)
    {
        using IAdminClient admin = Kafka.Admin(BootstrapServers);
        ConfigResource resource = new() { Type = ResourceType.Topic, Name = topic };
        await admin.IncrementalAlterConfigsAsync(new()
        {
            [resource] = [new ConfigEntry
        {
            Name = key, Value = value, IncrementalOperation = AlterConfigOpType.Set,
        }]
        });
        await Until.HoldsAsync($"{topic} has {key}={value}", Kafka.Patience,
            async () => (await admin.DescribeConfigsAsync([resource]))[0].Entries[key].Value == value);
    }

    private protected async Task WriteAsync(string topic, params Message<byte[], byte[]>[] records)
    {
        ProducerConfig config = ClientSettings.Producer(BootstrapServers, "test");
        config.MessageMaxBytes = 1_100_000;
        config.LingerMs = 0;
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        foreach (Message<byte[], byte[]> record in records)
        {
            await producer.ProduceAsync(new TopicPartition(topic, 0), record);
        }
    }

    /// <summary>The next records of a topic, over all partitions, from its start.</summary>
    private protected List<ConsumeResult<byte[], byte[]>> Read(string topic, int count)
    {
        ConsumerConfig config = ClientSettings.Consumer(BootstrapServers, "test", "test-reader");
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, new Topics(1)[topic].Partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        List<ConsumeResult<byte[], byte[]>> read = new();
        long start = TimeProvider.System.GetTimestamp();
        while (read.Count < count)
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Kafka.Patience, $"{read.Count} of {count} records of {topic} came");
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } record)
            {
                read.Add(record);
            }
        }

        return read;
    }

    private protected long EndOf(string topic)
    {
        using IConsumer<string, string> consumer = Kafka.Consumer(BootstrapServers, "test-reader");
        return Enumerable.Range(0, new Topics(1)[topic].Partitions)
            .Sum(p => consumer.QueryWatermarkOffsets(new TopicPartition(topic, p), Kafka.Patience).High.Value);
    }
}
