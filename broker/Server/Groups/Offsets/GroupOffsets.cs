using Broker.Storage;

namespace Broker.Server.Groups.Offsets;

/// <summary>A group's committed offsets, and which commits are on their way to the log. Only the group's shard touches it.</summary>
internal sealed class GroupOffsets
{
    private readonly Dictionary<TopicPartition, CommittedOffset> _committed = [];
    private readonly Dictionary<TopicPartition, int> _underWay = [];

    /// <summary>Commits on their way that a deletion has overtaken: their records lie before its tombstone. They end before any later one, as the log's queue
    /// keeps their order.</summary>
    private readonly Dictionary<TopicPartition, int> _overtaken = [];

    /// <summary>Nothing committed, nothing on its way.</summary>
    public bool IsEmpty => _committed.Count == 0 && _underWay.Count == 0 && _overtaken.Count == 0;

    public IReadOnlyCollection<TopicPartition> Partitions => _committed.Keys;

    public IReadOnlyCollection<KeyValuePair<TopicPartition, CommittedOffset>> All => _committed;

    public CommittedOffset? Find(TopicPartition partition) => _committed.GetValueOrDefault(partition);

    public bool IsUnderWay(TopicPartition partition) => _underWay.ContainsKey(partition);

    public void Begin(TopicPartition partition) => _underWay[partition] = _underWay.GetValueOrDefault(partition) + 1;

    /// <summary>A commit has ended; a null offset is one that failed. It counts unless a later one has come first.</summary>
    public void End(TopicPartition partition, CommittedOffset? committed)
    {
        if (Take(_overtaken, partition) || !Take(_underWay, partition))
        {
            return;
        }
        if (committed is not null)
        {
            Put(partition, committed);
        }
    }

    /// <summary>Takes an offset over unless the known one was appended later.</summary>
    public void Put(TopicPartition partition, CommittedOffset committed)
    {
        if (!_committed.TryGetValue(partition, out CommittedOffset? known) || known.AppendedAt <= committed.AppendedAt)
        {
            _committed[partition] = committed;
        }
    }

    /// <summary>True when there was anything to forget.</summary>
    public bool Remove(TopicPartition partition)
    {
        bool anyUnderWay = _underWay.Remove(partition, out int count);
        if (anyUnderWay)
        {
            _overtaken[partition] = _overtaken.GetValueOrDefault(partition) + count;
        }
        return _committed.Remove(partition) | anyUnderWay;
    }

    private static bool Take(Dictionary<TopicPartition, int> counts, TopicPartition partition)
    {
        if (!counts.TryGetValue(partition, out int count))
        {
            return false;
        }
        if (count == 1)
        {
            counts.Remove(partition);
        }
        else
        {
            counts[partition] = count - 1;
        }
        return true;
    }
}
