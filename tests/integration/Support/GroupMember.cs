using Confluent.Kafka;

namespace Integration.Tests.Support;

/// <summary>A consumer of a group that polls on a task of its own until it is disposed.</summary>
internal sealed class GroupMember : IAsyncDisposable
{
    private readonly IConsumer<string, string> consumer;
    private readonly CancellationTokenSource stop = new();
    private readonly Task polling;
    private readonly List<ConsumeResult<string, string>> records = [];
    private IReadOnlyList<int> assignment = [];
    private int revoked;
    private bool leaves = true;

    public GroupMember(string bootstrapServers, string group, string topic, Action<ConsumerConfig>? settings = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            HeartbeatIntervalMs = 200,
            SessionTimeoutMs = 10_000,
        };
        settings?.Invoke(config);
        consumer = new ConsumerBuilder<string, string>(config)
            .SetLogHandler((_, _) => { })
            .SetPartitionsRevokedHandler((_, lost) => Interlocked.Add(ref revoked, lost.Count))
            .SetPartitionsLostHandler((_, lost) => Interlocked.Add(ref revoked, lost.Count))
            .Build();
        consumer.Subscribe(topic);
        polling = Task.Run(Poll);
    }

    /// <summary>Its partitions now, in order.</summary>
    public IReadOnlyList<int> Assignment => Volatile.Read(ref assignment);

    /// <summary>How many partitions were taken from it since its start.</summary>
    public int Revoked => Volatile.Read(ref revoked);

    public string MemberId => consumer.MemberId;

    public IReadOnlyList<ConsumeResult<string, string>> Records
    {
        get
        {
            lock (records)
                return [.. records];
        }
    }

    public void Commit() => consumer.Commit(Assignment.Select(p => new TopicPartitionOffset(Topic, p, consumer.Position(new TopicPartition(Topic, p)))).Where(o => o.Offset != Offset.Unset));

    /// <summary>Ends without a word to the group, as a killed process does, where its connections are cut already.</summary>
    public void VanishOnDispose() => leaves = false;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await polling;
        if (leaves)
            consumer.Close();
        consumer.Dispose();
        stop.Dispose();
    }

    private string Topic => consumer.Subscription[0];

    private void Poll()
    {
        while (!stop.IsCancellationRequested)
        {
            ConsumeResult<string, string>? result = null;
            try
            {
                result = consumer.Consume(TimeSpan.FromMilliseconds(50));
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                // A broker that is down, or a topic that is not there yet: the client tries again by itself.
            }

            if (result is not null)
            {
                lock (records)
                    records.Add(result);
            }

            Volatile.Write(ref assignment, [.. consumer.Assignment.Select(p => p.Partition.Value).Order()]);
        }
    }
}
