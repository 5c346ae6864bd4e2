using Broker.Storage;

namespace Broker.Server.Groups.State;

/// <summary>
/// A group's committed offsets, and which commits are on their way to the log. Each commit has a ticket: commits may end in any order, and one that a deletion
/// has overtaken
/// (its record lies before the tombstone) must not be taken for one that began later. Only the group's shard touches it.
/// </summary>
internal sealed class GroupOffsets
{
    private readonly Dictionary<TopicPartition, CommittedOffset> _committed = [];
    private readonly Dictionary<TopicPartition, List<long>> _underWay = [];
    private readonly HashSet<(TopicPartition Partition, long Ticket)> _overtaken = [];
    private long _lastTicket;

    /// <summary>Nothing committed, nothing on its way.</summary>
    public bool IsEmpty => _committed.Count == 0 && _underWay.Count == 0 && _overtaken.Count == 0;

    public IReadOnlyCollection<TopicPartition> Partitions => _committed.Keys;

    public IReadOnlyCollection<KeyValuePair<TopicPartition, CommittedOffset>> All => _committed;

    public CommittedOffset? Find(TopicPartition partition) => _committed.GetValueOrDefault(partition);

    public bool IsUnderWay(TopicPartition partition) => _underWay.ContainsKey(partition);

    /// <summary>A commit of a partition's offset begins.</summary>
    /// <returns>Its ticket, for <see cref="End"/>.</returns>
    public long Begin(TopicPartition partition)
    {
        if (!_underWay.TryGetValue(partition, out List<long>? tickets))
        {
            _underWay[partition] = tickets = [];
        }

        tickets.Add(++_lastTicket);
        return _lastTicket;
    }

    /// <summary>A commit has ended; a null offset is one that failed. It counts unless a deletion has overtaken it, or a commit that was appended later has
    /// ended before.</summary>
    public void End(TopicPartition partition, long ticket, CommittedOffset? committed)
    {
        if (_overtaken.Remove((partition, ticket)))
        {
            return;
        }

        List<long> tickets = _underWay[partition];
        tickets.Remove(ticket);
        if (tickets.Count == 0)
        {
            _underWay.Remove(partition);
        }

        if (committed is not null)
        {
            Put(partition, committed);
        }
    }

    /// <summary>Stores an offset unless the known one was appended later.</summary>
    public void Put(TopicPartition partition, CommittedOffset committed)
    {
        if (!_committed.TryGetValue(partition, out CommittedOffset? known) || known.AppendedAt <= committed.AppendedAt)
        {
            _committed[partition] = committed;
        }
    }

    /// <summary>Deletes a partition's offset, and overtakes the commits that are on their way.</summary>
    /// <returns>Whether there was anything to delete.</returns>
    public bool Remove(TopicPartition partition)
    {
        bool anyUnderWay = _underWay.Remove(partition, out List<long>? tickets);
        foreach (long ticket in tickets ?? [])
        {
            _overtaken.Add((partition, ticket));
        }

        return _committed.Remove(partition) | anyUnderWay;
    }
}
