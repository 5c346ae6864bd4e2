using System.Buffers.Binary;
using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using HdrHistogram;

namespace Game.Cli.Bench;

/// <summary>The loads that compare brokers. All use the client settings of the system and records of an event's size.</summary>
/// <param name="brokers">The brokers that get the load.</param>
/// <param name="replicationFactor">Of the topics.</param>
/// <param name="latencyLinger">How long the latency load waits for more records to send together; null for the system's own setting.</param>
internal sealed class BrokerLoad(IUnderTest brokers, int replicationFactor = 1, TimeSpan? latencyLinger = null)
{
    public const int RecordBytes = 300;
    public const int Partitions = 4;
    private const int Users = 10_000;
    private const long MaxMicros = 60_000_000;

    /// <summary>In place of the time when a record was due: the latency of this record is not measured.</summary>
    private const long NotMeasured = 0;

    /// <summary>For ten thousand partitions on a busy machine.</summary>
    private static readonly TimeSpan CreationTimeout = TimeSpan.FromMinutes(15);

    /// <summary>Creates a topic, and waits until every broker names a leader for each of its partitions.</summary>
    public async Task<string> CreateTopicAsync(string name, CancellationToken cancellation, int partitions = Partitions)
    {
        await CreateTopicsAsync(new Dictionary<string, int> { [name] = partitions }, cancellation);
        return name;
    }

    /// <summary>The same for topics by their number of partitions, in one request.</summary>
    public async Task CreateTopicsAsync(IReadOnlyDictionary<string, int> topics, CancellationToken cancellation)
    {
        using IAdminClient admin = Admin();
        try
        {
            await admin.CreateTopicsAsync(topics.Select(topic
                => new TopicSpecification { Name = topic.Key, NumPartitions = topic.Value, ReplicationFactor = (short)replicationFactor }));
        }
        catch (KafkaException e) when (IsTimeOut(e))
        {
            // The client waits a minute. The brokers continue, and their metadata shows when they are done.
        }

        ClusterMetadata metadata = new(brokers, topics);
        await metadata.UntilAsync("every partition of a new topic has a leader", metadata.IsLed, CreationTimeout, cancellation);
    }

    public async Task DeleteTopicAsync(string name)
    {
        using IAdminClient admin = Admin();
        await admin.DeleteTopicsAsync([name]);
    }

    /// <summary>As many records as the client can send in the time; the number acknowledged.</summary>
    public long Produce(string topic, TimeSpan time, CancellationToken cancellation)
    {
        ProducerConfig config = ClientSettings.Producer(brokers.BootstrapServers, "bench-producer");
        config.LingerMs = 5;
        config.QueueBufferingMaxMessages = 200_000;
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        long acknowledged = 0;
        byte[][] keys = Keys();
        byte[] value = new byte[RecordBytes];
        new Random(1).NextBytes(value);
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; Stopwatch.GetElapsedTime(start) < time; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Send(producer, topic, keys[i % Users], value, report =>
            {
                if (!report.Error.IsError)
                {
                    Interlocked.Increment(ref acknowledged);
                }
            });
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        return Interlocked.Read(ref acknowledged);
    }

    /// <summary>Reads a topic from start to end; the number of records.</summary>
    public long Consume(string topic, CancellationToken cancellation)
    {
        ConsumerConfig config = ClientSettings.Consumer(brokers.BootstrapServers, "bench-consumer", "bench");
        config.EnablePartitionEof = true;
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        long records = 0;
        for (int ends = 0; ends < Partitions;)
        {
            ConsumeResult<Ignore, Ignore> result = consumer.Consume(cancellation);
            ends += result.IsPartitionEOF ? 1 : 0;
            records += result.IsPartitionEOF ? 0 : 1;
        }

        consumer.Close();
        return records;
    }

    /// <summary>From the instant a record was due to its arrival at a consumer, microseconds, open loop at a fixed rate.</summary>
    /// <returns>The latencies, and the time from the first due record to the last arrival: longer than the load where the brokers lag behind.</returns>
    public async Task<(LongHistogram Latencies, TimeSpan Taken)> LatencyAsync(string topic, double rate, TimeSpan time, CancellationToken cancellation)
    {
        using CancellationTokenSource stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long total = (long)(rate * time.TotalSeconds);
        // Only the receiver uses the histogram until the receiver has ended.
        Task<LongHistogram> receiving = Task.Factory.StartNew(() => Receive(topic, total, ready, stopping.Token), stopping.Token,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await await Task.WhenAny(ready.Task, receiving).WaitAsync(cancellation);
        ProducerConfig config = ClientSettings.Producer(brokers.BootstrapServers, "bench-latency");
        config.LingerMs = latencyLinger?.TotalMilliseconds ?? config.LingerMs;
        using IProducer<byte[], byte[]> producer = new ProducerBuilder<byte[], byte[]>(config).SetLogHandler((_, _) => { }).Build();
        byte[][] keys = Keys();
        SendToAllPartitions(producer, topic, keys, cancellation);
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < total; i++)
        {
            long due = start + (long)(i / rate * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < due)
            {
                cancellation.WaitHandle.WaitOne(1);
                cancellation.ThrowIfCancellationRequested();
            }

            byte[] value = new byte[RecordBytes];
            BinaryPrimitives.WriteInt64BigEndian(value, due);
            Send(producer, topic, keys[i % Users], value, delivered: null);
        }

        producer.Flush(TimeSpan.FromSeconds(30));
        stopping.CancelAfter(TimeSpan.FromSeconds(10));
        return (await receiving.WaitAsync(cancellation), Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Makes the producer connect to the leaders of all partitions, which takes up to half a second, before the measurement begins.</summary>
    private static void SendToAllPartitions(IProducer<byte[], byte[]> producer, string topic, byte[][] keys, CancellationToken cancellation)
    {
        byte[] value = new byte[RecordBytes];
        BinaryPrimitives.WriteInt64BigEndian(value, NotMeasured);
        foreach (byte[] key in keys.AsSpan(0, 100))
        {
            Send(producer, topic, key, value, delivered: null);
        }
        producer.Flush(cancellation);
    }

    private LongHistogram Receive(string topic, long total, TaskCompletionSource ready, CancellationToken cancellation)
    {
        LongHistogram histogram = new(MaxMicros, 3);
        ConsumerConfig config = ClientSettings.Consumer(brokers.BootstrapServers, "bench-receiver", "bench");
        config.EnablePartitionEof = true;
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, Partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        int ends = 0;
        for (long received = 0; received < total;)
        {
            ConsumeResult<Ignore, byte[]>? result = consumer.Consume(TimeSpan.FromMilliseconds(200));
            if (cancellation.IsCancellationRequested)
            {
                throw new UserErrorException($"Of {total} records {received} arrived in time.");
            }
            if (result is null)
            {
                continue;
            }
            if (result.IsPartitionEOF)
            {
                if (++ends == Partitions)
                {
                    ready.SetResult();
                }

                continue;
            }

            long since = BinaryPrimitives.ReadInt64BigEndian(result.Message.Value);
            if (since == NotMeasured)
            {
                continue;
            }
            received++;
            histogram.RecordValue(Math.Clamp((long)Stopwatch.GetElapsedTime(since).TotalMicroseconds, 1, MaxMicros - 1));
        }

        consumer.Close();
        return histogram;
    }

    private static void Send(IProducer<byte[], byte[]> producer, string topic, byte[] key, byte[] value, Action<DeliveryReport<byte[], byte[]>>? delivered)
    {
        while (true)
        {
            try
            {
                producer.Produce(topic, new Message<byte[], byte[]> { Key = key, Value = value }, delivered);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Flush(TimeSpan.FromMilliseconds(5));
            }
        }
    }

    private static bool IsTimeOut(KafkaException e) => e is CreateTopicsException several
        ? several.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.RequestTimedOut)
        : e.Error.Code == ErrorCode.Local_TimedOut;

    private IAdminClient Admin() => new AdminClientBuilder(ClientSettings.Admin(brokers.BootstrapServers, "bench")).SetLogHandler((_, _) => { }).Build();

    private static byte[][] Keys() => [.. Enumerable.Range(0, Users).Select(i => System.Text.Encoding.UTF8.GetBytes($"u-{i:D7}"))];
}
