using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Load;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>
/// A full disk, simulated by the process's limit on file sizes: the test can set and lift the limit while the broker runs, without special rights.
/// </summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const string Filling = "filling", Other = "other";
    private const long Room = 1 << 19;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder = new();
    private BrokerProcess _broker = null!;
    private int _hasty;

    public async ValueTask InitializeAsync()
    {
        _broker = await BrokerProcess.StartAsync(_folder["broker"]);
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(_broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = Filling, NumPartitions = 1, ReplicationFactor = 1 },
            new TopicSpecification { Name = Other, NumPartitions = 1, ReplicationFactor = 1 }]);
    }

    public async ValueTask DisposeAsync()
    {
        Vital.TellIfFailed("the broker", _broker.Log);
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Batches_that_do_not_fit_are_refused_and_no_acknowledged_record_is_lost()
    {
        using NumberedProducer unwavering = new(_broker.BootstrapServers, "unwavering", Filling, 1, CompressionType.None);
        await Until.HoldsAsync("the first acknowledgements", Patience, () => unwavering.Count > 100);
        FileInfo log = new(Path.Combine(_broker.DataFolder, Filling + "-0", "00000000000000000000.log"));
        FileSizeLimit.Set(_broker.ProcessId, log.Length + Room);

        // A client without retries gets the error; another partition, whose file is small, still accepts records.
        (await RefusalAsync(Filling)).ShouldBe(ErrorCode.KafkaStorageError);
        int accepted = _hasty;
        (await ProduceAsync(Other)).ShouldBe(ErrorCode.NoError);
        _hasty = accepted;
        _broker.ShouldBeAlive();

        FileSizeLimit.Lift(_broker.ProcessId);
        long stuck = unwavering.Count;
        await Until.HoldsAsync("acknowledgements when there is room again", Patience, () => unwavering.Count > stuck + 1_000);
        await unwavering.FinishAsync();
        await _broker.KillAsync();
        await _broker.StartAgainAsync();
        LogCheck.HoldsExactly(_broker.BootstrapServers, Filling, 1, [unwavering], TestContext.Current.CancellationToken);
    }

    private async Task<ErrorCode> RefusalAsync(string topic)
    {
        ErrorCode answer = ErrorCode.NoError;
        await Until.HoldsAsync("the disk is full", Patience, async () => (answer = await ProduceAsync(topic)) != ErrorCode.NoError);
        return answer;
    }

    private async Task<ErrorCode> ProduceAsync(string topic)
    {
        ProducerConfig config = new()
        {
            BootstrapServers = _broker.BootstrapServers, Acks = Acks.All, MessageSendMaxRetries = 0, MessageTimeoutMs = 20_000, LingerMs = 0,
        };
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        try
        {
            await producer.ProduceAsync(topic, new Message<Null, byte[]> { Value = Encoding.ASCII.GetBytes(NumberedProducer.Value("hasty", _hasty)) });
            _hasty++; // a refused record is not in the log, and its number is used again
            return ErrorCode.NoError;
        }
        catch (ProduceException<Null, byte[]> e)
        {
            return e.Error.Code;
        }
    }
}
