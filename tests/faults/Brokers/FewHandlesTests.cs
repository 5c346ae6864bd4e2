using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>A broker whose process may open few files, with more clients and more partitions than that number.</summary>
public sealed class FewHandlesTests : IAsyncLifetime
{
    private const int OpenFiles = 512, Idle = 600, Partitions = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;
    private Bystander _bystander = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await BrokerProcess.StartLimitedAsync(_folder["broker"], OpenFiles, "log.initial.task.delay.ms=0",
            "replica.high.watermark.checkpoint.interval.ms=100", "log.flush.offset.checkpoint.interval.ms=100");
        _bystander = new Bystander(_broker);
        await _bystander.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Vital.TellIfFailed("the broker", _broker.Log);
        _bystander.Dispose();
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Clients_beyond_the_limit_wait_and_the_others_are_served()
    {
        List<WireClient> idle = new(Idle);
        try
        {
            for (int i = 0; i < Idle; i++)
            {
                idle.Add(new WireClient(_broker.Port));
            }
            await Until.HoldsAsync("the last places are taken", Patience, () => _broker.Log.Contains("new connections wait", StringComparison.Ordinal));
            await _bystander.IsServedAsync(records: 20);
        }
        finally
        {
            foreach (WireClient client in idle)
            {
                client.Dispose();
            }
        }

        await WriteEverywhereAsync();
        await _bystander.IsServedAsync();
        _broker.Log.ShouldNotContain("fail: ");
    }

    /// <summary>Starts a new client, and creates more partition files than may be open at once.</summary>
    private async Task WriteEverywhereAsync()
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "wide", NumPartitions = Partitions, ReplicationFactor = 1 }]);
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(ClientSettings.Producer(_broker.BootstrapServers, "faults"))
            .SetLogHandler((_, _) => { }).Build();
        await Task.WhenAll(Enumerable.Range(0, Partitions)
            .Select(partition => producer.ProduceAsync(new TopicPartition("wide", partition), new Message<Null, byte[]> { Value = [1] })));
    }
}
