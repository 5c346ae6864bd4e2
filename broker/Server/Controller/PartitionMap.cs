using System.Diagnostics.CodeAnalysis;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>
/// A value for each of some partitions, in the order of the topics' names and the partitions' numbers: what is decided must not depend on hashes.
/// </summary>
internal sealed class PartitionMap<T>
{
    private readonly SortedDictionary<string, SortedDictionary<int, T>> _topics = new(StringComparer.Ordinal);

    internal bool IsEmpty => _topics.Count == 0;

    /// <summary>The topics that have a partition here, with their partitions.</summary>
    internal IReadOnlyDictionary<string, SortedDictionary<int, T>> Topics => _topics;

    internal IEnumerable<TopicPartition> Partitions => _topics.SelectMany(topic => topic.Value.Keys.Select(number => new TopicPartition(topic.Key, number)));

    internal bool TryGet(TopicPartition partition, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        return _topics.TryGetValue(partition.Topic, out SortedDictionary<int, T>? partitions) && partitions.TryGetValue(partition.Partition, out value);
    }

    internal void Set(TopicPartition partition, T value)
    {
        if (!_topics.TryGetValue(partition.Topic, out SortedDictionary<int, T>? partitions))
        {
            _topics[partition.Topic] = partitions = [];
        }
        partitions[partition.Partition] = value;
    }

    internal void Remove(TopicPartition partition)
    {
        if (_topics.TryGetValue(partition.Topic, out SortedDictionary<int, T>? partitions) && partitions.Remove(partition.Partition) && partitions.Count == 0)
        {
            _topics.Remove(partition.Topic);
        }
    }

    internal void RemoveTopic(string topic) => _topics.Remove(topic);
}
