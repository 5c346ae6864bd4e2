using System.Collections.Concurrent;

namespace Broker.Storage;

/// <summary>
/// Holds one value a partition. It is enumerated by topic and number: the order of a hash table is another one in every process, and a simulated history has
/// to be the same in all. Any thread may call; <see cref="Find"/> takes no lock.
/// </summary>
public sealed class PartitionDictionary<T>
    where T : class
{
    private readonly ConcurrentDictionary<TopicPartition, T> _values = new();
    private volatile Snapshot _ordered = new(0, []);
    private long _changes;

    /// <summary>The values of this moment, by topic (ordinal) and number.</summary>
    public IReadOnlyList<T> Values
    {
        get
        {
            // Read before the values are: a change that comes later makes the snapshot old.
            long changes = Volatile.Read(ref _changes);
            Snapshot known = _ordered;
            if (known.Changes != changes)
            {
                _ordered = known = new Snapshot(changes, Ordered());
            }

            return known.Values;
        }
    }

    public int Count => _values.Count;

    /// <summary>The partition's value; null where it has none.</summary>
    public T? Find(TopicPartition partition) => _values.GetValueOrDefault(partition);

    /// <summary>Gives a partition its value, in place of any it has.</summary>
    public void Set(TopicPartition partition, T value)
    {
        _values[partition] = value;
        Interlocked.Increment(ref _changes);
    }

    /// <summary>Removes a partition's value and returns it; null where it had none.</summary>
    public T? Remove(TopicPartition partition)
    {
        _values.TryRemove(partition, out T? removed);
        Interlocked.Increment(ref _changes);
        return removed;
    }

    /// <summary>Removes a partition's value where it is this one.</summary>
    /// <returns>Whether it was.</returns>
    public bool Remove(TopicPartition partition, T value)
    {
        bool removed = _values.TryRemove(KeyValuePair.Create(partition, value));
        Interlocked.Increment(ref _changes);
        return removed;
    }

    public void Clear()
    {
        _values.Clear();
        Interlocked.Increment(ref _changes);
    }

    private T[] Ordered()
    {
        KeyValuePair<TopicPartition, T>[] all = _values.ToArray();
        Array.Sort(all, static (left, right) =>
        {
            int topics = string.CompareOrdinal(left.Key.Topic, right.Key.Topic);
            return topics != 0 ? topics : left.Key.Partition.CompareTo(right.Key.Partition);
        });
        return Array.ConvertAll(all, static entry => entry.Value);
    }

    private sealed record Snapshot(long Changes, T[] Values);
}
