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
    private const int NewestKept = 8;
    private readonly ConcurrentQueue<SeenAlert> newest = new();
    private readonly ConcurrentBag<SeenAlert> seen = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly TimeProvider time;
    private readonly Task reading;

    public AlertWatch(string bootstrapServers, int partitions, TimeProvider time)
    {
        this.time = time;
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, "demo-alert-watch", "demo-alert-watch");
        config.FetchWaitMaxMs = 500;
        IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(Topics.Alerts, p, Offset.Beginning)));
        reading = Task.Factory.StartNew(() => Read(consumer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public IReadOnlyCollection<SeenAlert> Seen => seen;

    public IReadOnlyList<SeenAlert> Newest => [.. newest];

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await reading;
        stopping.Dispose();
    }

    private void Read(IConsumer<Ignore, byte[]> consumer)
    {
        using (consumer)
        {
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    ConsumeResult<Ignore, byte[]>? result = consumer.Consume(TimeSpan.FromMilliseconds(100));
                    if (result is not null)
                        Note(result);
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
        double now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        if (!ContractJson.TryDecode(result.Message.Value, out Alert alert, out _))
            return;
        var one = new SeenAlert(alert, now - alert.Ts);
        seen.Add(one);
        newest.Enqueue(one);
        while (newest.Count > NewestKept)
            newest.TryDequeue(out _);
    }
}
