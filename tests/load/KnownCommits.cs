using Confluent.Kafka;
using Running;

namespace Load;

/// <summary>
/// Offsets that were committed for groups without members: nobody commits again, so that a commit that was answered and is lost stays lost. From one thread.
/// </summary>
public sealed class KnownCommits
{
    /// <summary>Their names' hashes follow each other, so that with as many partitions of the offsets' topic, or fewer, each partition has a group.</summary>
    private const int Groups = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string _bootstrap;
    private readonly TopicPartition[] _partitions;
    private int _round;

    /// <param name="bootstrap">Of the cluster.</param>
    /// <param name="topic">Whose offsets are committed; its records do not matter.</param>
    /// <param name="partitions">Of the topic.</param>
    public KnownCommits(string bootstrap, string topic, int partitions)
    {
        _bootstrap = bootstrap;
        _partitions = [.. Enumerable.Range(0, partitions).Select(partition => new TopicPartition(topic, partition))];
    }

    /// <summary>Commits new offsets for each group and waits for the answers.</summary>
    public async Task CommitAsync()
    {
        _round++;
        for (int group = 0; group < Groups; group++)
        {
            TopicPartitionOffset[] offsets = Known(group);
            using IConsumer<Ignore, Ignore> consumer = NewConsumer(group);
            await Until.HoldsAsync($"the offsets of {NameOf(group)} are committed", Patience, () => IsAnswered(() => consumer.Commit(offsets)));
        }
    }

    /// <summary>Each group's offsets are exactly those that were committed last.</summary>
    public async Task ShouldBeThereAsync()
    {
        for (int group = 0; group < Groups; group++)
        {
            List<TopicPartitionOffset> found = [];
            using IConsumer<Ignore, Ignore> consumer = NewConsumer(group);
            await Until.HoldsAsync($"the offsets of {NameOf(group)} are found", Patience,
                () => IsAnswered(() => found = consumer.Committed(_partitions, Patience)));
            found.Select(offset => (offset.Partition.Value, offset.Offset.Value)).Order()
                .ShouldBe(Known(group).Select(offset => (offset.Partition.Value, offset.Offset.Value)), $"the committed offsets of {NameOf(group)}");
        }
    }

    private static string NameOf(int group) => $"without-members-{group}";

    /// <summary>Other numbers each time.</summary>
    private TopicPartitionOffset[] Known(int group)
        => [.. _partitions.Select((partition, i) => new TopicPartitionOffset(partition, (_round * Groups + group) * _partitions.Length + i))];

    // An answer that a coordinator was not there, or has moved, is none.
    private static bool IsAnswered(Action ask)
    {
        try
        {
            ask();
            return true;
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            return false;
        }
    }

    // A new client each time: librdkafka's may ask a coordinator of before.
    private IConsumer<Ignore, Ignore> NewConsumer(int group) => new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig
    {
        BootstrapServers = _bootstrap, GroupId = NameOf(group), EnableAutoCommit = false,
    }).SetLogHandler((_, _) => { }).Build();
}
