using Confluent.Kafka;
using Game.Contracts;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Publishing;

/// <summary>Makes producers: a new one after a fatal error of the last.</summary>
internal interface IProducerFactory
{
    /// <summary>The producer acknowledges or gives up every record within this time.</summary>
    TimeSpan DeliveryTimeout { get; }

    /// <param name="onError">Called from the producer's own thread.</param>
    IProducer<byte[], byte[]> Create(Action<Error> onError);
}

/// <summary>Idempotent producers of the contract's settings.</summary>
internal sealed class ProducerFactory(string bootstrapServers, string serverId, TimeSpan publishTimeout, ILogger<ProducerFactory> log) : IProducerFactory
{
    // The client looks for records past their time-out once a second, so it gives a record up at most one second late.
    private static readonly TimeSpan TimeoutCheck = TimeSpan.FromSeconds(1);

    // When the queue has more than these, the action is refused at once. Two seconds of 20,000 trades a second; an event takes half a kilobyte.
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
