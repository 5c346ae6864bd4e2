using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Publishing;

/// <summary>Makes producers, one after another: a fatal error ends one.</summary>
internal interface IProducerFactory
{
    /// <summary>Within this every record is acknowledged or given up.</summary>
    TimeSpan DeliveryTimeout { get; }

    /// <param name="onError">Called from the producer's own thread.</param>
    IProducer<byte[], byte[]> Create(Action<Error> onError);
}

/// <summary>Idempotent producers of the contract's settings.</summary>
internal sealed class ProducerFactory(string bootstrapServers, string serverId, TimeSpan publishTimeout, ILogger<ProducerFactory> log) : IProducerFactory
{
    // The client looks for records that are out of time once a second, so a record is given up at most that much later.
    private static readonly TimeSpan TimeoutCheck = TimeSpan.FromSeconds(1);

    // Beyond these the sender is refused at once. Two seconds at 20,000 trades a second; an event takes half a kilobyte.
    private const int MaxQueuedRecords = 100_000;
    private const int MaxQueuedKilobytes = 64 * 1024;

    public TimeSpan DeliveryTimeout => publishTimeout;

    public IProducer<byte[], byte[]> Create(Action<Error> onError)
    {
        ProducerConfig config = ClientSettings.Producer(bootstrapServers, serverId);
        config.MessageTimeoutMs = (int)(publishTimeout - TimeoutCheck).TotalMilliseconds;
        config.QueueBufferingMaxMessages = MaxQueuedRecords;
        config.QueueBufferingMaxKbytes = MaxQueuedKilobytes;
        config.DeliveryReportFields = "none";
        return new ProducerBuilder<byte[], byte[]>(config)
            .SetErrorHandler((_, error) => OnError(error, onError))
            .SetLogHandler((_, message) => LogClient(message))
            .Build();
    }

    private void OnError(Error error, Action<Error> onError)
    {
        log.ClientError(error.Reason);
        onError(error);
    }

    private void LogClient(LogMessage message)
    {
        if (message.Level <= SyslogLevel.Warning)
        {
            log.ClientError(message.Message);
        }
    }
}
