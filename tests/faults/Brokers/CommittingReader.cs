using Confluent.Kafka;
using Running;
using Game.Contracts;

namespace Faults.Tests.Brokers;

/// <summary>A consumer group's member that reads through the broker's deaths, sees every offset once and in order, and commits again and again.</summary>
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

    /// <summary>The newest offset by partition whose commit the broker has answered.</summary>
    public Dictionary<TopicPartition, long> Committed()
    {
        _failure.ShouldBeNull();
        lock (_gate)
        {
            return new Dictionary<TopicPartition, long>(_committed);
        }
    }

    /// <summary>Waits until everything up to these ends was seen.</summary>
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
                // The broker is away: the client goes on by itself when it is back.
            }
        }
    }

    // After a rebalance reading resumes at the group's offset, so what was seen may be seen again; nothing may ever be skipped.
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
