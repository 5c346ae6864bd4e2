using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>
/// A topic is deleted after its log start was raised, and created again with the same name. Then the broker is killed before it has written its checkpoints.
/// </summary>
public sealed class DeletedTopicTests : IAsyncLifetime
{
    private const string Topic = "orders";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;

    public async ValueTask InitializeAsync() => _broker = await BrokerProcess.StartAsync(_folder["broker"]);

    public async ValueTask DisposeAsync()
    {
        Vital.TellIfFailed("the broker", _broker.Log);
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Acknowledged_records_of_the_new_topic_survive_the_kill()
    {
        await CreateAsync();
        await ProduceAsync(records: 60);
        await _broker.StopAsync();
        // The state that Apache's kafka-delete-records leaves.
        await File.WriteAllTextAsync(Path.Combine(_broker.DataFolder, "log-start-offset-checkpoint"), $"0\n1\n{Topic} 0 50\n",
            TestContext.Current.CancellationToken);
        await _broker.StartAgainAsync();
        await Until.HoldsAsync("the raised start", Patience, () => Bounds() == (50, 60));
        using (IAdminClient admin = Admin())
        {
            await admin.DeleteTopicsAsync([Topic]);
        }

        await CreateAsync();
        await ProduceAsync(records: 10);
        await _broker.KillAsync();
        await _broker.StartAgainAsync();
        await Until.HoldsAsync("what was acknowledged", Patience, () => Bounds() == (0, 10));
    }

    /// <summary>Tries again while the topic of that name is still being deleted.</summary>
    private async Task CreateAsync()
    {
        using IAdminClient admin = Admin();
        await Until.HoldsAsync("the topic", Patience, async () =>
        {
            try
            {
                await admin.CreateTopicsAsync([new TopicSpecification { Name = Topic, NumPartitions = 1, ReplicationFactor = 1 }]);
                return true;
            }
            catch (CreateTopicsException e) when (e.Results[0].Error.Code == ErrorCode.TopicAlreadyExists)
            {
                return false;
            }
        });
    }

    private async Task ProduceAsync(int records)
    {
        using IProducer<Null, string> producer = new ProducerBuilder<Null, string>(ClientSettings.Producer(_broker.BootstrapServers, "faults")).Build();
        for (int i = 0; i < records; i++)
        {
            await producer.ProduceAsync(Topic, new Message<Null, string> { Value = $"{i}" });
        }
    }

    private (long Low, long High) Bounds()
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(ClientSettings.Consumer(_broker.BootstrapServers, "faults", "unused"))
            .Build();
        WatermarkOffsets bounds = consumer.QueryWatermarkOffsets(new TopicPartition(Topic, 0), Patience);
        return (bounds.Low.Value, bounds.High.Value);
    }

    private IAdminClient Admin() => new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
}
