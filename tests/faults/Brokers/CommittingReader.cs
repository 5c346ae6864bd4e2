using Confluent.Kafka;
using Running;
using Game.Contracts;

namespace Faults.Tests.Brokers;

/// <summary>
/// A member of a consumer group that reads while the broker is killed and started again. It checks that it reads every offset in order, and commits often.
/// </summary>
internal sealed class CommittingReader : IDisposable
{
    private const int CommitEvery = 500;
    private readonly IConsumer<Ignore, byte[]> _consumer;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, long> _next = [];
    private readonly Dictionary<TopicPartition, long> _committed = [];
    private volatile bool _stopping;
    private volatile string? _failure;

    public CommittingReader(string bootstrap, string group, string topic)
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrap, group, group);
        config.ReconnectBackoffMaxMs = 500;
        _consumer = new ConsumerBuilder<Ignore, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        _consumer.Subscribe(topic);
        _thread = new Thread(Run) { IsBackground = true, Name = group };
        _thread.Start();
    }

    /// <summary>By partition: the newest offset whose commit the broker has acknowledged.</summary>
    public Dictionary<TopicPartition, long> Committed()
    {
        _failure.ShouldBeNull();
        lock (_gate)
        {
            return new Dictionary<TopicPartition, long>(_committed);
        }
    }

    /// <summary>Waits until all records up to these ends have been read.</summary>
    public Task SeenAsync(IReadOnlyDictionary<TopicPartition, long> ends)
        => Until.HoldsAsync("the group's member has seen all records", TimeSpan.FromMinutes(1), () =>
    {
        _failure.ShouldBeNull();
        lock (_gate)
        {
            return ends.All(end => end.Value == 0 || _next.GetValueOrDefault(end.Key) == end.Value);
        }
    });

    public void Dispose()
    {
        _stopping = true;
        _thread.Join(TimeSpan.FromSeconds(10));
        _consumer.Dispose();
    }

    private void Run()
    {
        int unsaved = 0;
        while (!_stopping && _failure is null)
        {
            try
            {
                if (_consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } result && Note(result))
                {
                    unsaved++;
                }
                if (unsaved >= CommitEvery)
                {
                    Commit();
                    unsaved = 0;
                }
            }
            catch (KafkaException e) when (!e.Error.IsFatal)
            {
                // The broker is down: the client continues by itself when the broker runs again.
            }
        }
    }

    // After a rebalance the member reads from the group's offset, so it may read records again; it must never skip one.
    private bool Note(ConsumeResult<Ignore, byte[]> result)
    {
        lock (_gate)
        {
            long expected = _next.GetValueOrDefault(result.TopicPartition);
            if (result.Offset.Value > expected)
            {
                _failure = $"{result.TopicPartition}: offset {expected} must come next, but {result.Offset.Value} came";
            }
            _next[result.TopicPartition] = Math.Max(expected, result.Offset.Value + 1);
            return result.Offset.Value >= expected;
        }
    }

    private void Commit()
    {
        TopicPartitionOffset[] offsets;
        lock (_gate)
        {
            offsets = [.. _next.Select(pair => new TopicPartitionOffset(pair.Key, pair.Value))];
        }
        _consumer.Commit(offsets);
        lock (_gate)
        {
            foreach (TopicPartitionOffset offset in offsets)
            {
                _committed[offset.TopicPartition] = offset.Offset.Value;
            }
        }
    }
}
