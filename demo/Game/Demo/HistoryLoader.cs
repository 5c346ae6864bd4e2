using Confluent.Kafka;
using Game.Contracts;
using Game.Simulator.World;

namespace Game.Cli.Demo;

/// <summary>Publishes history straight into player-events.</summary>
internal static class HistoryLoader
{
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(60);

    /// <returns>The number of events, every one acknowledged.</returns>
    /// <exception cref="UserErrorException">A record was not acknowledged.</exception>
    public static long Load(GameWorld world, string bootstrapServers, long endMs, Action<long> progress, CancellationToken cancellation)
    {
        ProducerConfig config = ClientSettings.Producer(bootstrapServers, "history");
        config.LingerMs = 20; // throughput, not latency, counts here
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        using var encoder = new EventEncoder();
        Error? failure = null;
        long events = 0, acknowledged = 0;
        void Delivered(DeliveryReport<byte[], byte[]> report)
        {
            if (report.Error.IsError)
                failure = report.Error;
            else
                Interlocked.Increment(ref acknowledged);
        }

        foreach (PlayerEvent value in new History(world).Generate(endMs))
        {
            cancellation.ThrowIfCancellationRequested();
            var message = new Message<byte[], byte[]>
            {
                Key = System.Text.Encoding.UTF8.GetBytes(value.UserId),
                Value = encoder.Encode(value).ToArray(),
                Headers = Schemas.Headers(value.Kind == EventKind.Login ? Schemas.Login : Schemas.Trade),
            };
            Produce(producer, message, Delivered);
            if (++events % 10_000 == 0)
                progress(events);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(FlushTimeout);
        try
        {
            producer.Flush(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // What is not acknowledged by now is counted below.
        }

        return acknowledged == events ? events : throw new UserErrorException($"Of {events} events of history the broker acknowledged {acknowledged}: {failure?.Reason ?? "no answer"}.");
    }

    // A full queue means that the broker is slower than the generator: wait for it.
    private static void Produce(IProducer<byte[], byte[]> producer, Message<byte[], byte[]> message, Action<DeliveryReport<byte[], byte[]>> delivered)
    {
        while (true)
        {
            try
            {
                producer.Produce(Topics.PlayerEvents, message, delivered);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Flush(TimeSpan.FromMilliseconds(20));
            }
        }
    }
}
