using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Running;
using Game.Contracts;

namespace Load;

/// <summary>An acknowledged record: its number among the records of its producer and partition, and the offset that the broker gave.</summary>
public readonly record struct Acknowledged(int Number, long Offset);

/// <summary>
/// A producer that sends numbered records to all partitions of a topic in turn, as fast as acknowledgements arrive or at a rate, until it is stopped; it keeps
/// the acknowledgements. An idempotent one must get all of them.
/// </summary>
public sealed class NumberedProducer : IWriter, IDisposable
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
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Action<int>? _onAcknowledged;
    private volatile string? _failure;
    private long _count;
    private int _unanswered;

    public NumberedProducer(string bootstrap, string name, string topic, int partitions, CompressionType compression)
        : this(topic, partitions, Idempotent(bootstrap, name, compression))
    {
    }

    /// <param name="topic">Where its records go.</param>
    /// <param name="partitions">Of the topic.</param>
    /// <param name="config">The client's settings; its client id is its name.</param>
    /// <param name="rate">Records a second; 0 for no limit.</param>
    /// <param name="onAcknowledged">Gets the partition of each acknowledged record, on the client's thread.</param>
    public NumberedProducer(string topic, int partitions, ProducerConfig config, int rate = 0, Action<int>? onAcknowledged = null)
    {
        string name = config.ClientId;
        IsIdempotent = config.EnableIdempotence == true;
        Rate = rate;
        _onAcknowledged = onAcknowledged;
        _name = name;
        _topic = topic;
        _sent = new int[partitions];
        _acknowledged = [.. Enumerable.Range(0, partitions).Select(_ => new List<Acknowledged>())];
        _producer = new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).SetErrorHandler((_, error) => _failure = error.IsFatal
            ? error.Reason : _failure).Build();
        _thread = new Thread(Send) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public string Name => _name;

    public string Topic => _topic;

    public bool IsIdempotent { get; }

    public int Unanswered => Volatile.Read(ref _unanswered);

    /// <summary>Why it has given up, or what it had to give up; null where there is nothing.</summary>
    public string? Failure => _failure;

    private int Rate { get; }

    /// <summary>Records acknowledged so far, over all partitions.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Acknowledged records of a partition in the order of their acknowledgements. Only after <see cref="FinishAsync"/>.</summary>
    public IReadOnlyList<Acknowledged> Of(int partition) => _acknowledged[partition];

    /// <summary>Records sent to a partition, every one of which must be acknowledged.</summary>
    public int SentTo(int partition) => _sent[partition];

    /// <summary>Stops sending and waits until everything sent is acknowledged.</summary>
    public async Task FinishAsync()
    {
        _stopping.Set();
        await Until.HoldsAsync($"every acknowledgement of {_name}", SettleTimeout, () =>
        {
            _failure.ShouldBeNull($"{_name} must not give up");
            return !_thread.IsAlive && _room.CurrentCount == Outstanding;
        });
    }

    public void Dispose()
    {
        _stopping.Set();
        _thread.Join(TimeSpan.FromSeconds(5));
        _producer.Dispose();
        _room.Dispose();
        _stopping.Dispose();
    }

    public static string Value(string producer, int number) => $"{producer}:{number}:{new string((char)('a' + number % 26), PaddingBytes)}";

    private static ProducerConfig Idempotent(string bootstrap, string name, CompressionType compression)
    {
        ProducerConfig config = ClientSettings.Producer(bootstrap, name);
        config.CompressionType = compression;
        config.ReconnectBackoffMaxMs = 500;
        return config;
    }

    private void Send()
    {
        Stopwatch time = Stopwatch.StartNew();
        for (int turn = 0; !_stopping.IsSet && _failure is null; turn++)
        {
            TimeSpan early = Rate > 0 ? TimeSpan.FromSeconds((double)turn / Rate) - time.Elapsed : TimeSpan.Zero;
            if ((early > TimeSpan.Zero && _stopping.Wait(early)) || !_room.Wait(TimeSpan.FromMilliseconds(100)))
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
        if (report.Error.IsError && !IsIdempotent)
        {
            Interlocked.Increment(ref _unanswered);
            _room.Release();
            return;
        }
        if (report.Error.IsError)
        {
            _failure ??= $"record {number} of {report.TopicPartition}: {report.Error.Code} {report.Error.Reason}";
            return;
        }

        _acknowledged[report.Partition.Value].Add(new Acknowledged(number, report.Offset.Value));
        Interlocked.Increment(ref _count);
        _onAcknowledged?.Invoke(report.Partition.Value);
        _room.Release();
    }
}
