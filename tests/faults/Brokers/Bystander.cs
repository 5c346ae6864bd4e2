using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Running;
using Game.Contracts;

namespace Faults.Tests.Brokers;

/// <summary>An ordinary client, which the broker must serve while other clients misbehave.</summary>
internal sealed class Bystander : IDisposable
{
    public const string Topic = "bystander";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly BrokerProcess _broker;
    private readonly IProducer<Null, byte[]> _producer;
    private readonly IConsumer<Ignore, byte[]> _consumer;

    public Bystander(BrokerProcess broker)
    {
        _broker = broker;
        _producer = new ProducerBuilder<Null, byte[]>(ClientSettings.Producer(broker.BootstrapServers, "bystander")).SetLogHandler((_, _) => { }).Build();
        _consumer = new ConsumerBuilder<Ignore, byte[]>(ClientSettings.Consumer(broker.BootstrapServers, "bystander", "bystander"))
            .SetLogHandler((_, _) => { }).Build();
    }

    /// <summary>Creates the topic and begins to read it.</summary>
    public async Task StartAsync()
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = 1, ReplicationFactor = 1 }]);
        _consumer.Assign(new TopicPartitionOffset(Topic, 0, Offset.Beginning));
        await IsServedAsync();
    }

    /// <summary>Produces and consumes a few records, and checks that the process runs.</summary>
    public async Task IsServedAsync(int records = 5)
    {
        for (int i = 0; i < records; i++)
        {
            byte[] value = Guid.NewGuid().ToByteArray();
            DeliveryResult<Null, byte[]> delivered = await _producer.ProduceAsync(Topic, new Message<Null, byte[]> { Value = value }).WaitAsync(Patience);
            Await(delivered.Offset, value);
        }

        _broker.ShouldBeAlive();
    }

    public void Dispose()
    {
        _consumer.Dispose();
        _producer.Dispose();
    }

    private void Await(Offset offset, byte[] value)
    {
        while (true)
        {
            ConsumeResult<Ignore, byte[]> result = _consumer.Consume(Patience)
                ?? throw new TimeoutException($"The bystander's record {offset} was not delivered within {Patience}.");
            if (result.Offset != offset)
            {
                continue;
            }
            result.Message.Value.ShouldBe(value);
            return;
        }
    }
}
