using System.Collections.Concurrent;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>An alert that the demo's own consumer received.</summary>
/// <param name="Alert">The decoded alert.</param>
/// <param name="DelayMs">The time of arrival minus the event's <c>ts</c>, in milliseconds; both by this machine's clock.</param>
internal sealed record ReceivedAlert(Alert Alert, double DelayMs);

/// <summary>Reads the alerts topic from its start while the demo runs, and records when each alert arrives.</summary>
internal sealed class AlertWatch : IAsyncDisposable
{
    /// <summary>More alerts than a tall terminal shows.</summary>
    private const int MaxNewest = 100;

    private readonly ConcurrentQueue<ReceivedAlert> _newest = new();
    private readonly ConcurrentBag<ReceivedAlert> _received = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeProvider _time;
    private readonly Task _reading;

    public AlertWatch(string bootstrapServers, int partitions, TimeProvider time)
    {
        _time = time;
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, "demo-alert-watch", "demo-alert-watch");
        config.FetchWaitMaxMs = 500;
        IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(Topics.Alerts, p, Offset.Beginning)));
        _reading = Task.Factory.StartNew(() => Read(consumer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public IReadOnlyCollection<ReceivedAlert> Received => _received;

    public int Count => _received.Count;

    /// <summary>The alerts that arrived last, the newest at the end.</summary>
    public IReadOnlyList<ReceivedAlert> Newest => [.. _newest];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading;
        _stopping.Dispose();
    }

    private void Read(IConsumer<Ignore, byte[]> consumer)
    {
        using (consumer)
        {
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    ConsumeResult<Ignore, byte[]>? result = consumer.Consume(TimeSpan.FromMilliseconds(100));
                    if (result is not null)
                    {
                        Add(result);
                    }
                }
                catch (ConsumeException)
                {
                    // The client retries by itself. The audit reads the whole topic again, so an alert missed here is still counted there.
                }
            }

            consumer.Close();
        }
    }

    private void Add(ConsumeResult<Ignore, byte[]> result)
    {
        double now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        if (!ContractJson.TryDecode(result.Message.Value, out Alert alert, out _))
        {
            return;
        }
        ReceivedAlert one = new(alert, now - alert.Ts);
        _received.Add(one);
        _newest.Enqueue(one);
        while (_newest.Count > MaxNewest)
        {
            _newest.TryDequeue(out _);
        }
    }
}
