using Confluent.Kafka;
using Running;
using Game.Contracts;

namespace Faults.Tests.Brokers;

/// <summary>A consumer group's member that reads through the broker's deaths, sees every offset once and in order, and commits again and again.</summary>
internal sealed class CommittingReader : IDisposable
{
    private const int CommitEvery = 500;
    private readonly IConsumer<Ignore, byte[]> consumer;
    private readonly Thread thread;
    private readonly Lock gate = new();
    private readonly Dictionary<TopicPartition, long> next = [];
    private readonly Dictionary<TopicPartition, long> committed = [];
    private volatile bool stopping;
    private volatile string? failure;

    public CommittingReader(string bootstrap, string group, string topic)
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrap, group, group);
        config.ReconnectBackoffMaxMs = 500;
        consumer = new ConsumerBuilder<Ignore, byte[]>(config).SetLogHandler((_, _) => { }).Build();
        consumer.Subscribe(topic);
        thread = new Thread(Run) { IsBackground = true, Name = group };
        thread.Start();
    }

    /// <summary>The newest offset by partition whose commit the broker has answered.</summary>
    public Dictionary<TopicPartition, long> Committed()
    {
        failure.ShouldBeNull();
        lock (gate)
            return new Dictionary<TopicPartition, long>(committed);
    }

    /// <summary>Waits until everything up to these ends was seen.</summary>
    public Task SeenAsync(IReadOnlyDictionary<TopicPartition, long> ends) => Until.HoldsAsync("the group's member has seen all records", TimeSpan.FromMinutes(1), () =>
    {
        failure.ShouldBeNull();
        lock (gate)
            return ends.All(end => end.Value == 0 || next.GetValueOrDefault(end.Key) == end.Value);
    });

    public void Dispose()
    {
        stopping = true;
        thread.Join(TimeSpan.FromSeconds(10));
        consumer.Dispose();
    }

    private void Run()
    {
        int unsaved = 0;
        while (!stopping && failure is null)
        {
            try
            {
                if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } result && Note(result))
                    unsaved++;
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
        lock (gate)
        {
            long expected = next.GetValueOrDefault(result.TopicPartition);
            if (result.Offset.Value > expected)
                failure = $"{result.TopicPartition}: offset {expected} must come next, but {result.Offset.Value} came";
            next[result.TopicPartition] = Math.Max(expected, result.Offset.Value + 1);
            return result.Offset.Value >= expected;
        }
    }

    private void Commit()
    {
        TopicPartitionOffset[] offsets;
        lock (gate)
            offsets = [.. next.Select(pair => new TopicPartitionOffset(pair.Key, pair.Value))];
        consumer.Commit(offsets);
        lock (gate)
        {
            foreach (TopicPartitionOffset offset in offsets)
                committed[offset.TopicPartition] = offset.Offset.Value;
        }
    }
}
