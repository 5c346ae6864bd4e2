using Confluent.Kafka;

namespace Integration.Tests.Support;

/// <summary>A consumer of a group that polls on its own task until it is disposed.</summary>
internal sealed class GroupMember : IAsyncDisposable
{
    private readonly IConsumer<string, string> _consumer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _polling;
    private readonly List<ConsumeResult<string, string>> _records = [];
    private IReadOnlyList<int> _assignment = [];
    private int _revoked;
    private bool _leaves = true;

    public GroupMember(string bootstrapServers, string group, string topic, Action<ConsumerConfig>? settings = null)
    {
        ConsumerConfig config = new()
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            EnableAutoCommit = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            HeartbeatIntervalMs = 200,
            SessionTimeoutMs = 10_000,
        };
        settings?.Invoke(config);
        _consumer = new ConsumerBuilder<string, string>(config)
            .SetLogHandler((_, _) => { })
            .SetPartitionsRevokedHandler((_, lost) => Interlocked.Add(ref _revoked, lost.Count))
            .SetPartitionsLostHandler((_, lost) => Interlocked.Add(ref _revoked, lost.Count))
            .Build();
        _consumer.Subscribe(topic);
        _polling = Task.Run(Poll);
    }

    /// <summary>Its partitions now, in order.</summary>
    public IReadOnlyList<int> Assignment => Volatile.Read(ref _assignment);

    /// <summary>How many partitions were revoked from it since its start.</summary>
    public int Revoked => Volatile.Read(ref _revoked);

    public string MemberId => _consumer.MemberId;

    public IReadOnlyList<ConsumeResult<string, string>> Records
    {
        get
        {
            lock (_records)
            {
                return [.. _records];
            }
        }
    }

    public void Commit()
        => _consumer.Commit(Assignment.Select(p => new TopicPartitionOffset(Topic, p, _consumer.Position(new TopicPartition(Topic, p)))).Where(o => o.Offset
        != Offset.Unset));

    /// <summary>Ends without leaving the group, like a killed process, if its connections were cut before.</summary>
    public void VanishOnDispose() => _leaves = false;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _polling;
        if (_leaves)
        {
            _consumer.Close();
        }
        _consumer.Dispose();
        _stop.Dispose();
    }

    private string Topic => _consumer.Subscription[0];

    private void Poll()
    {
        while (!_stop.IsCancellationRequested)
        {
            ConsumeResult<string, string>? result = null;
            try
            {
                result = _consumer.Consume(TimeSpan.FromMilliseconds(50));
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                // The broker is down, or the topic does not exist yet: the client tries again by itself.
            }

            if (result is not null)
            {
                lock (_records)
                {
                    _records.Add(result);
                }
            }

            Volatile.Write(ref _assignment, [.. _consumer.Assignment.Select(p => p.Partition.Value).Order()]);
        }
    }
}
