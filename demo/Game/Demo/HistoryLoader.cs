using Confluent.Kafka;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Cli.Demo;

/// <summary>Publishes history directly to player-events.</summary>
internal static class HistoryLoader
{
    private const int EventsPerCheck = 10_000;

    /// <summary>A broker that acknowledges nothing for this long hangs, or its disk is full. The client's default is five minutes.</summary>
    private const int MessageTimeoutMs = 60_000;

    /// <summary>How often the loader checks for a failure or an interrupt while it waits for the broker.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(20);

    /// <param name="history">What to publish.</param>
    /// <param name="bootstrapServers">The brokers to publish to.</param>
    /// <param name="progress">Called often, also during waits for the broker, with the number of events so far; its exception ends the loading.</param>
    /// <param name="cancellation">Ends the loading within <see cref="CheckInterval"/>.</param>
    /// <returns>The number of events, every one acknowledged.</returns>
    /// <exception cref="UserErrorException">A record was not acknowledged.</exception>
    public static long Load(History history, string bootstrapServers, Action<long> progress, CancellationToken cancellation)
    {
        ProducerConfig config = ClientSettings.Producer(bootstrapServers, "history");
        config.LingerMs = 20; // throughput, not latency, counts here
        config.MessageTimeoutMs = MessageTimeoutMs;
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        using EventEncoder encoder = new();
        Error? failure = null;
        long events = 0, acknowledged = 0;
        foreach (PlayerEvent value in history.Events())
        {
            Message<byte[], byte[]> message = new()
            {
                Key = System.Text.Encoding.UTF8.GetBytes(value.UserId),
                Value = encoder.Encode(value).ToArray(),
                Headers = Schemas.Headers(value.Kind == EventKind.Login ? Schemas.Login : Schemas.Trade),
            };
            while (!TryProduce(producer, message, Delivered))
            {
                Check();
            }
            if (++events % EventsPerCheck == 0)
            {
                Check();
            }
        }

        do
        {
            Check();
        }
        while (producer.Flush(CheckInterval) > 0);
        Check();
        return events;

        void Delivered(DeliveryReport<byte[], byte[]> report)
        {
            if (report.Error.IsError)
            {
                Volatile.Write(ref failure, report.Error);
            }
            else
            {
                Interlocked.Increment(ref acknowledged);
            }
        }

        void Check()
        {
            cancellation.ThrowIfCancellationRequested();
            progress(events);
            if (Volatile.Read(ref failure) is { } error)
            {
                throw new UserErrorException(
                    $"The brokers at {bootstrapServers} did not accept the history: "
                    + $"{Interlocked.Read(ref acknowledged):N0} events are acknowledged, then: {error.Reason.TrimEnd('.')}.");
            }
        }
    }

    // The queue is full when the broker is slower than the generator: wait a little for acknowledgements.
    private static bool TryProduce(IProducer<byte[], byte[]> producer, Message<byte[], byte[]> message, Action<DeliveryReport<byte[], byte[]>> delivered)
    {
        try
        {
            producer.Produce(Topics.PlayerEvents, message, delivered);
            return true;
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            producer.Flush(CheckInterval);
            return false;
        }
    }
}
