using Broker.Storage;

namespace Broker.Server.Groups.State;

/// <summary>
/// A group's committed offsets and its commits that are being appended. Each commit has a ticket: commits may end in any order, and a commit that a later
/// deletion has cancelled (its record lies before the tombstone) must not be confused with one that began after the deletion. Only the group's shard uses it.
/// </summary>
internal sealed class GroupOffsets
{
    private readonly Dictionary<TopicPartition, CommittedOffset> _committed = [];
    private readonly Dictionary<TopicPartition, List<long>> _pending = [];
    private readonly HashSet<(TopicPartition Partition, long Ticket)> _cancelled = [];
    private long _lastTicket;

    /// <summary>No offset is committed and no commit is pending.</summary>
    public bool IsEmpty => _committed.Count == 0 && _pending.Count == 0 && _cancelled.Count == 0;

    public IReadOnlyCollection<TopicPartition> Partitions => _committed.Keys;

    public IReadOnlyCollection<KeyValuePair<TopicPartition, CommittedOffset>> All => _committed;

    public CommittedOffset? Find(TopicPartition partition) => _committed.GetValueOrDefault(partition);

    public bool IsPending(TopicPartition partition) => _pending.ContainsKey(partition);

    /// <summary>A commit of a partition's offset begins.</summary>
    /// <returns>Its ticket, for <see cref="End"/>.</returns>
    public long Begin(TopicPartition partition)
    {
        if (!_pending.TryGetValue(partition, out List<long>? tickets))
        {
            _pending[partition] = tickets = [];
        }

        tickets.Add(++_lastTicket);
        return _lastTicket;
    }

    /// <summary>Ends a commit; a null offset means that it failed. It counts unless a deletion has cancelled it or a commit appended later has already
    /// ended.</summary>
    public void End(TopicPartition partition, long ticket, CommittedOffset? committed)
    {
        if (_cancelled.Remove((partition, ticket)))
        {
            return;
        }

        List<long> tickets = _pending[partition];
        tickets.Remove(ticket);
        if (tickets.Count == 0)
        {
            _pending.Remove(partition);
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

    /// <summary>Deletes a partition's offset and cancels its pending commits.</summary>
    /// <returns>Whether there was anything to delete.</returns>
    public bool Remove(TopicPartition partition)
    {
        bool anyPending = _pending.Remove(partition, out List<long>? tickets);
        foreach (long ticket in tickets ?? [])
        {
            _cancelled.Add((partition, ticket));
        }

        return _committed.Remove(partition) | anyPending;
    }
}
