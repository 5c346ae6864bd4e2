using System.Collections.Concurrent;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Cli.Demo;

/// <summary>An alert as the demo's own consumer received it.</summary>
/// <param name="Alert">Decoded.</param>
/// <param name="DelayMs">Arrival here minus the event's <c>ts</c>, in milliseconds; both by this machine's clock.</param>
internal sealed record SeenAlert(Alert Alert, double DelayMs);

/// <summary>Reads the alerts topic from its start for as long as the demo runs, and notes when each alert arrived.</summary>
internal sealed class AlertWatch : IAsyncDisposable
{
    /// <summary>More than a tall terminal shows.</summary>
    private const int NewestKept = 100;

    private readonly ConcurrentQueue<SeenAlert> _newest = new();
    private readonly ConcurrentBag<SeenAlert> _seen = [];
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

    public IReadOnlyCollection<SeenAlert> Seen => _seen;

    public int Count => _seen.Count;

    /// <summary>The last of them, the newest at the end.</summary>
    public IReadOnlyList<SeenAlert> Newest => [.. _newest];

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
                        Note(result);
                    }
                }
                catch (ConsumeException)
                {
                    // The client goes on by itself; what was missed shows in the audit, which reads the topic anew.
                }
            }

            consumer.Close();
        }
    }

    private void Note(ConsumeResult<Ignore, byte[]> result)
    {
        double now = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        if (!ContractJson.TryDecode(result.Message.Value, out Alert alert, out _))
        {
            return;
        }
        SeenAlert one = new(alert, now - alert.Ts);
        _seen.Add(one);
        _newest.Enqueue(one);
        while (_newest.Count > NewestKept)
        {
            _newest.TryDequeue(out _);
        }
    }
}
