using System.Text;
using Confluent.Kafka;
using Running;
using Game.Contracts;

namespace Faults.Tests.Brokers;

/// <summary>An acknowledged record: its number among the records of its producer and partition, and the offset that the broker gave.</summary>
internal readonly record struct Acknowledged(int Number, long Offset);

/// <summary>
/// An idempotent producer that sends numbered records to all partitions of a topic in turn, as fast as acknowledgements arrive, until it is stopped; it keeps
/// the acknowledgements.
/// </summary>
internal sealed class NumberedProducer : IDisposable
{
    /// <summary>The most unacknowledged records: some batches in flight and some waiting, as in a busy client.</summary>
    private const int Outstanding = 400;

    private const int PaddingBytes = 150;
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromMinutes(2);
    private readonly string _name;
    private readonly string _topic;
    private readonly int[] _sent;
    private readonly List<Acknowledged>[] _acknowledged;
    private readonly SemaphoreSlim _room = new(Outstanding);
    private readonly IProducer<Null, byte[]> _producer;
    private readonly Thread _thread;
    private volatile bool _stopping;
    private volatile string? _failure;
    private long _count;

    public NumberedProducer(string bootstrap, string name, string topic, int partitions, CompressionType compression)
    {
        _name = name;
        _topic = topic;
        _sent = new int[partitions];
        _acknowledged = [.. Enumerable.Range(0, partitions).Select(_ => new List<Acknowledged>())];
        ProducerConfig config = ClientSettings.Producer(bootstrap, name);
        config.CompressionType = compression;
        config.ReconnectBackoffMaxMs = 500;
        _producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => _failure = error.IsFatal
            ? error.Reason : _failure).Build();
        _thread = new Thread(Send) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public string Name => _name;

    public string Topic => _topic;

    /// <summary>Records acknowledged so far, over all partitions.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Acknowledged records of a partition in the order of their acknowledgements. Only after <see cref="FinishAsync"/>.</summary>
    public IReadOnlyList<Acknowledged> Of(int partition) => _acknowledged[partition];

    /// <summary>Records sent to a partition, every one of which must be acknowledged.</summary>
    public int SentTo(int partition) => _sent[partition];

    /// <summary>Stops sending and waits until everything sent is acknowledged.</summary>
    public async Task FinishAsync()
    {
        _stopping = true;
        await Until.HoldsAsync($"every acknowledgement of {_name}", SettleTimeout, () =>
        {
            _failure.ShouldBeNull($"{_name} must not give up");
            return !_thread.IsAlive && _room.CurrentCount == Outstanding;
        });
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join(TimeSpan.FromSeconds(5));
        _producer.Dispose();
        _room.Dispose();
    }

    public static string Value(string producer, int number) => $"{producer}:{number}:{new string((char)('a' + number % 26), PaddingBytes)}";

    private void Send()
    {
        for (int turn = 0; !_stopping && _failure is null; turn++)
        {
            if (!_room.Wait(TimeSpan.FromMilliseconds(100)))
            {
                continue;
            }
            int partition = turn % _sent.Length, number = _sent[partition]++;
            _producer.Produce(new TopicPartition(_topic, partition), new Message<Null, byte[]> { Value = Encoding.ASCII.GetBytes(Value(_name, number)) },
                report => Delivered(report, number));
        }
    }

    private void Delivered(DeliveryReport<Null, byte[]> report, int number)
    {
        if (report.Error.IsError)
        {
            _failure ??= $"record {number} of {report.TopicPartition}: {report.Error.Code} {report.Error.Reason}";
            return;
        }

        _acknowledged[report.Partition.Value].Add(new Acknowledged(number, report.Offset.Value));
        Interlocked.Increment(ref _count);
        _room.Release();
    }
}
