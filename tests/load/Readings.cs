using Confluent.Kafka;

namespace Load;

/// <summary>
/// What a member of a group has read. After a rebalance it may read records again, which must then be the same; it must never skip one. Thread-safe.
/// </summary>
public sealed class Readings(string name)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, List<RecordId>> _read = [];
    private string? _failure;

    public string Name => name;

    /// <summary>The first fault that it has seen, in one sentence; null where there is none.</summary>
    public string? Failure
    {
        get
        {
            lock (_gate)
            {
                return _failure;
            }
        }
    }

    /// <summary>Records read so far, each once.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _read.Values.Sum(records => (long)records.Count);
            }
        }
    }

    /// <summary>The records of a partition by offset.</summary>
    public IReadOnlyList<RecordId> Of(int partition)
    {
        lock (_gate)
        {
            return [.. Records(partition)];
        }
    }

    /// <summary>The next offset of each partition of which something was read.</summary>
    public Dictionary<int, long> Ends()
    {
        lock (_gate)
        {
            return _read.ToDictionary(pair => pair.Key, pair => (long)pair.Value.Count);
        }
    }

    /// <returns>Whether the record is new.</returns>
    public bool Note(int partition, long offset, string value)
    {
        lock (_gate)
        {
            if (!RecordId.TryParse(value, out RecordId record))
            {
                _failure ??= $"{name} reads '{value}' at offset {offset} of partition {partition}, which is no writer's record";
                return false;
            }
            List<RecordId> read = Records(partition);
            if (offset == read.Count)
            {
                read.Add(record);
                return true;
            }
            if (offset > read.Count)
            {
                _failure ??= $"{name} must read offset {read.Count} of partition {partition} next, but reads {offset}";
            }
            else if (read[(int)offset] != record)
            {
                _failure ??= $"{name} reads {record} at offset {offset} of partition {partition}, where it has read {read[(int)offset]}";
            }
            return false;
        }
    }

    /// <summary>Whether all records up to these ends have been read.</summary>
    public bool HasAll(IReadOnlyDictionary<TopicPartition, long> ends)
    {
        lock (_gate)
        {
            return ends.All(end => Records(end.Key.Partition.Value).Count >= end.Value);
        }
    }

    private List<RecordId> Records(int partition)
    {
        if (!_read.TryGetValue(partition, out List<RecordId>? records))
        {
            _read[partition] = records = [];
        }
        return records;
    }
}
