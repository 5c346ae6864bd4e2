using System.Diagnostics;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Cli.Bench;

/// <summary>
/// A topic of many partitions, a fetch session over all of them, and a producer that sends to a few. The cost of a record shows whether the broker looks at the
/// idle partitions.
/// </summary>
internal sealed class IdlePartitionsLoad : IDisposable
{
    private const string Topic = "bench-idle-partitions";
    private const int MostActivePartitions = 8;
    private readonly BrokerLoad _topics;
    private readonly FetchSession _session;
    private readonly int[] _active;
    private readonly IProducer<Null, byte[]> _producer;
    private readonly byte[] _value = new byte[BrokerLoad.RecordBytes];

    private IdlePartitionsLoad(string bootstrapServers, int partitions, BrokerLoad topics, FetchSession session)
    {
        _topics = topics;
        _session = session;
        int count = Math.Min(partitions, MostActivePartitions);
        _active = [.. Enumerable.Range(0, count).Select(i => i * (partitions / count))];
        ProducerConfig config = ClientSettings.Producer(bootstrapServers, "bench-producer");
        config.LingerMs = 0;
        _producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        new Random(1).NextBytes(_value);
    }

    /// <summary>Creates the topic and opens the session.</summary>
    /// <param name="brokers">Of a list, the first is measured.</param>
    /// <param name="partitions">Partitions of the topic, at least 1.</param>
    /// <param name="cancellation">Ends the wait for the broker.</param>
    public static async Task<IdlePartitionsLoad> OpenAsync(IUnderTest brokers, int partitions, CancellationToken cancellation)
    {
        BrokerLoad topics = new(brokers);
        await topics.CreateTopicAsync(Topic, cancellation, partitions);
        FetchSession session = await FetchSession.OpenAsync(brokers.Addresses[0], Topic, partitions, cancellation);
        return new IdlePartitionsLoad(brokers.BootstrapServers, partitions, topics, session);
    }

    /// <summary>Sends a record to one active partition after the other, each when the one before has arrived in the session; the number that arrived.</summary>
    /// <exception cref="UserErrorException">The broker answers a fetch request with an error, or not at all.</exception>
    /// <exception cref="KafkaException">The broker does not append a record.</exception>
    public async Task<long> RunAsync(TimeSpan time, CancellationToken cancellation)
    {
        long records = 0;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < time; records++)
        {
            int partition = _active[records % _active.Length];
            Message<Null, byte[]> message = new() { Value = _value };
            Task sending = _producer.ProduceAsync(new TopicPartition(Topic, partition), message, cancellation);
            Task receiving = _session.ReceiveAsync(partition, cancellation);
            await await Task.WhenAny(sending, receiving); // the first failure ends the measurement
            await Task.WhenAll(sending, receiving);
        }
        return records;
    }

    public Task DeleteTopicAsync() => _topics.DeleteTopicAsync(Topic);

    public void Dispose()
    {
        _session.Dispose();
        _producer.Dispose();
    }
}
