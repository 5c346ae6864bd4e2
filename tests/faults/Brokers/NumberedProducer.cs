using System.Text;
using Confluent.Kafka;
using Running;
using Game.Contracts;

namespace Faults.Tests.Brokers;

/// <summary>An acknowledged record: its number among those of its producer and partition, and where the broker said it lies.</summary>
internal readonly record struct Acknowledged(int Number, long Offset);

/// <summary>
/// An idempotent producer that sends numbered records to all partitions of a topic in turn, as fast as acknowledgements come, until it is stopped; it notes what was
/// acknowledged.
/// </summary>
internal sealed class NumberedProducer : IDisposable
{
    /// <summary>Records that are not acknowledged yet: some batches in flight and some waiting, as a busy client has.</summary>
    private const int Outstanding = 400;

    private const int PaddingBytes = 150;
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromMinutes(2);
    private readonly string name;
    private readonly string topic;
    private readonly int[] sent;
    private readonly List<Acknowledged>[] acknowledged;
    private readonly SemaphoreSlim room = new(Outstanding);
    private readonly IProducer<Null, byte[]> producer;
    private readonly Thread thread;
    private volatile bool stopping;
    private volatile string? failure;
    private long count;

    public NumberedProducer(string bootstrap, string name, string topic, int partitions, CompressionType compression)
    {
        this.name = name;
        this.topic = topic;
        sent = new int[partitions];
        acknowledged = [.. Enumerable.Range(0, partitions).Select(_ => new List<Acknowledged>())];
        ProducerConfig config = ClientSettings.Producer(bootstrap, name);
        config.CompressionType = compression;
        config.ReconnectBackoffMaxMs = 500;
        producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => failure = error.IsFatal ? error.Reason : failure).Build();
        thread = new Thread(Send) { IsBackground = true, Name = name };
        thread.Start();
    }

    public string Name => name;

    public string Topic => topic;

    /// <summary>Records acknowledged so far, over all partitions.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>Acknowledged records of a partition in the order of their acknowledgements. Only after <see cref="FinishAsync"/>.</summary>
    public IReadOnlyList<Acknowledged> Of(int partition) => acknowledged[partition];

    /// <summary>Records sent to a partition, every one of which must be acknowledged.</summary>
    public int SentTo(int partition) => sent[partition];

    /// <summary>Stops sending and waits until everything sent is acknowledged.</summary>
    public async Task FinishAsync()
    {
        stopping = true;
        await Until.HoldsAsync($"every acknowledgement of {name}", SettleTimeout, () =>
        {
            failure.ShouldBeNull($"{name} must not give up");
            return !thread.IsAlive && room.CurrentCount == Outstanding;
        });
    }

    public void Dispose()
    {
        stopping = true;
        thread.Join(TimeSpan.FromSeconds(5));
        producer.Dispose();
        room.Dispose();
    }

    public static string Value(string producer, int number) => $"{producer}:{number}:{new string((char)('a' + number % 26), PaddingBytes)}";

    private void Send()
    {
        for (int turn = 0; !stopping && failure is null; turn++)
        {
            if (!room.Wait(TimeSpan.FromMilliseconds(100)))
                continue;
            int partition = turn % sent.Length, number = sent[partition]++;
            producer.Produce(new TopicPartition(topic, partition), new Message<Null, byte[]> { Value = Encoding.ASCII.GetBytes(Value(name, number)) }, report => Delivered(report, number));
        }
    }

    private void Delivered(DeliveryReport<Null, byte[]> report, int number)
    {
        if (report.Error.IsError)
        {
            failure ??= $"record {number} of {report.TopicPartition}: {report.Error.Code} {report.Error.Reason}";
            return;
        }

        acknowledged[report.Partition.Value].Add(new Acknowledged(number, report.Offset.Value));
        Interlocked.Increment(ref count);
        room.Release();
    }
}
