using Broker.Server.Hosting;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Broker.Server.Tests.Hosting;

/// <summary>A data folder whose coordination journal is gone, or that another broker wrote: nothing in it is lost.</summary>
public sealed class LostTreeTests : IDisposable
{
    private static readonly DateTimeOffset LongAgo = DateTimeOffset.FromUnixTimeSeconds(1_500_000_000);

    private readonly string _folder = Directory.CreateTempSubdirectory("broker-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Old_records_outlive_the_settings_that_kept_them()
    {
        await using (BrokerHost first = await Start())
        {
            await Create(first, "kept", ("retention.ms", "-1"));
            await Create(first, "compacted", ("cleanup.policy", "compact"));
            await Produce(first, "kept");
            await Produce(first, "compacted");
        }

        File.Delete(Path.Combine(_folder, Storages.JournalName));
        await File.WriteAllTextAsync(Path.Combine(_folder, "cleaner-offset-checkpoint"), "0\n1\ncompacted 0 1\n", TestContext.Current.CancellationToken);
        await using BrokerHost second = await Start();
        await RetentionHasRun(second, "early");
        await RetentionHasRun(second, "late"); // Whatever the order of topics, retention has checked all of them between the two.
        Earliest(second, "kept").ShouldBe(0);
        Earliest(second, "compacted").ShouldBe(0);
        (await Setting(second, "kept", "cleanup.policy")).ShouldBe("delete");
        (await Setting(second, "compacted", "cleanup.policy")).ShouldBe("compact");
        (await Setting(second, "compacted", "retention.ms")).ShouldBe("-1");
    }

    private Task<BrokerHost> Start()
        => BrokerHost.StartAsync(BrokerOptions.ForTests(_folder, [new("log.initial.task.delay.ms", "0"), new("log.retention.check.interval.ms", "1")]));

    private static async Task RetentionHasRun(BrokerHost broker, string probe)
    {
        await Create(broker, probe, ("retention.ms", "1"));
        await Produce(broker, probe);
        while (Earliest(broker, probe) == 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task Create(BrokerHost broker, string topic, params (string Key, string Value)[] settings)
    {
        using IAdminClient admin = Admin(broker);
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = topic, NumPartitions = 1, ReplicationFactor = 1, Configs = settings.ToDictionary(s => s.Key, s => s.Value),
        }]);
    }

    private static async Task Produce(BrokerHost broker, string topic)
    {
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = broker.BootstrapServers, MessageTimeoutMs = 10_000,
        }).Build();
        await producer.ProduceAsync(topic, new Message<string, string> { Key = "k", Value = "v", Timestamp = new Timestamp(LongAgo) });
    }

    private static long Earliest(BrokerHost broker, string topic)
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
        {
            BootstrapServers = broker.BootstrapServers, GroupId = "unused",
        }).Build();
        return consumer.QueryWatermarkOffsets(new TopicPartition(topic, 0), TimeSpan.FromSeconds(10)).Low.Value;
    }

    private static async Task<string> Setting(BrokerHost broker, string topic, string key)
    {
        using IAdminClient admin = Admin(broker);
        return (await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]))[0].Entries[key].Value;
    }

    private static IAdminClient Admin(BrokerHost broker)
        => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.BootstrapServers }).Build();
}
