using Broker.Protocol.Messages;
using Broker.Server.Partitions;

namespace Broker.Server.Apis.Fetching;

/// <summary>Who fetches and how: what of a request holds for all its partitions.</summary>
/// <param name="Reader">Decides how far it reads.</param>
/// <param name="ReplicaId">The fetching broker; below 0 for consumers.</param>
/// <param name="LeaderOnly">False for consumers that know of reading from followers.</param>
/// <param name="MayFollow">For a broker: whether it may fetch at all. Null for a consumer, which is asked for each topic.</param>
/// <param name="MinBytes">How many bytes it waits for, over all partitions.</param>
internal readonly record struct FetchTerms(FetchReader Reader, int ReplicaId, bool LeaderOnly, bool? MayFollow, int MinBytes)
{
    /// <summary>Whether it matters where an offset lies: for one byte it does not.</summary>
    public bool NeedsPlaces => MinBytes > 1;
}

/// <summary>
/// What a broker remembers of a client's fetches, so that requests and responses hold only what changed (KIP-227), and so that a fetch costs only what changed.
/// A partition is active, and the next fetch reads it; or it has nothing for the client and is watched, and its next change makes it active. A fetch without a
/// session uses one for itself alone, in which every partition stays active.
/// </summary>
/// <remarks>
/// <see cref="Gate"/> guards the partitions' names and what the client knows of them. A lock of its own guards which partitions are active and which fetch
/// waits; appends take it, so nothing is called under it but a partition's list of waiters. A watch ends with the first change that no fetch waits for: then
/// a client that is gone costs each partition one call. <see cref="Close"/>, which the cache calls for every session that it evicts, ends all watches.
/// </remarks>
internal sealed class FetchSession(bool usesTopicIds, bool isPrivileged)
{
    private readonly Lock _watches = new();
    private readonly Dictionary<FetchKey, FetchEntry> _byKey = [];
    private readonly List<FetchEntry> _active = [];
    private WaitingFetch? _waiting;
    private FetchTerms _terms;
    private long _lastTurn;
    private int _count;
    private bool _closed;

    public Lock Gate { get; } = new();

    /// <summary>0 for a fetch without a session, or whose session has not been created yet.</summary>
    public int Id { get; private set; }

    public bool UsesTopicIds => usesTopicIds;

    /// <summary>From another broker: it may put out sessions of consumers.</summary>
    public bool IsPrivileged => isPrivileged;

    /// <summary>Under the cache's lock.</summary>
    public long CreatedMs { get; private set; }

    /// <summary>Changed under the cache's lock.</summary>
    public long LastUsedMs { get; set; }

    /// <summary>What the next incremental request must say: 1 after the creation, and 1 again after 2147483647.</summary>
    public int NextEpoch { get; private set; } = 1;

    /// <summary>Partitions, and those that have been granted to come; readable without the gate.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The cache has taken it: what is watched need not be looked at by every fetch from now on.</summary>
    public void Establish(int id, long nowMs)
    {
        CreatedMs = nowMs;
        LastUsedMs = nowMs;
        Id = id;
    }

    /// <summary>Partitions that a request would add; one that it names twice counts twice.</summary>
    public int CountNew(FetchRequest request)
    {
        int count = 0;
        foreach (FetchRequest.FetchTopic topic in request.Topics)
        {
            foreach (FetchRequest.FetchPartition partition in topic.Partitions)
            {
                count += _byKey.ContainsKey(KeyOf(topic.Topic, topic.TopicId, partition.Partition)) ? 0 : 1;
            }
        }

        return count;
    }

    /// <summary>Counts partitions before they come. Under the cache's lock, so that what is granted to all together keeps its limit.</summary>
    public void Grant(int count) => Volatile.Write(ref _count, _count + count);

    /// <summary>Takes over what a request says of partitions, new ones and known ones; where it names one twice, the last counts.</summary>
    public void Update(FetchRequest request)
    {
        foreach (FetchRequest.FetchTopic topic in request.Topics)
        {
            foreach (FetchRequest.FetchPartition partition in topic.Partitions)
            {
                FetchKey key = KeyOf(topic.Topic, topic.TopicId, partition.Partition);
                if (!_byKey.TryGetValue(key, out FetchEntry? entry))
                {
                    entry = Add(key);
                }

                entry.Ask(partition);
                Activate(entry);
            }
        }

        Volatile.Write(ref _count, _byKey.Count);
    }

    /// <summary>Takes out what an incremental request no longer wants.</summary>
    public void Forget(FetchRequest request)
    {
        foreach (FetchRequest.ForgottenTopic topic in request.ForgottenTopicsData)
        {
            foreach (int partition in topic.Partitions)
            {
                Remove(KeyOf(topic.Topic, topic.TopicId, partition));
            }
        }

        Volatile.Write(ref _count, _byKey.Count);
    }

    /// <summary>The request was accepted.</summary>
    public void Advance() => NextEpoch = EpochAfter(NextEpoch);

    internal static int EpochAfter(int epoch) => epoch == int.MaxValue ? 1 : epoch + 1;

    /// <summary>The partition has given records: it has its turn last next time, so that none starves.</summary>
    public void MoveLast(FetchEntry entry) => entry.Turn = ++_lastTurn;

    /// <summary>All partitions, in no order.</summary>
    public FetchEntry[] All() => [.. _byKey.Values];

    /// <summary>How the client fetches from now on. Where that is not as before, what has been found out no longer holds.</summary>
    public void Set(FetchTerms terms)
    {
        if (_terms == terms)
        {
            return;
        }

        _terms = terms;
        foreach (FetchEntry entry in _byKey.Values)
        {
            Activate(entry);
        }
    }

    /// <summary>Hands out the active partitions, in no order. Each has to be given back by <see cref="Activate"/>, or to be watched. Any thread.</summary>
    public FetchEntry[] TakeActive()
    {
        lock (_watches)
        {
            FetchEntry[] taken = Active();
            _active.Clear();
            foreach (FetchEntry entry in taken)
            {
                entry.IsActive = false;
                entry.Counted = 0;
            }

            return taken;
        }
    }

    /// <summary>Has the next fetch look at a partition. Any thread.</summary>
    public void Activate(FetchEntry entry)
    {
        lock (_watches)
        {
            if (!entry.IsActive && !entry.IsForgotten)
            {
                entry.IsActive = true;
                _active.Add(entry);
            }
        }
    }

    /// <summary>Has a change of the entry's partition make it active; what changed before has to be looked at afterwards. Any thread.</summary>
    /// <returns>False where it is watched already, or cannot be.</returns>
    public bool Watch(FetchEntry entry)
    {
        lock (_watches)
        {
            PartitionWaiters? waiters = _closed || entry.IsForgotten ? null : entry.Target?.Partition?.Waiters;
            if (entry.Owner != waiters)
            {
                entry.Leave();
            }

            return waiters?.Add(entry) ?? false;
        }
    }

    /// <summary>A watched partition has changed. Any thread.</summary>
    public void OnChanged(FetchEntry entry)
    {
        WaitingFetch? waiting;
        lock (_watches)
        {
            Activate(entry);
            waiting = _waiting;
            if (waiting is null)
            {
                entry.Leave();
            }
        }

        waiting?.Look(entry);
    }

    /// <summary>From now on a waiting fetch is notified of changes; one that waits already is completed. Any thread.</summary>
    /// <returns>What is active and has to be looked at now; null where the session has been closed.</returns>
    public FetchEntry[]? BeginWait(WaitingFetch fetch)
    {
        WaitingFetch? former;
        FetchEntry[]? active;
        lock (_watches)
        {
            former = _waiting;
            _waiting = _closed ? null : fetch;
            active = _closed ? null : Active();
        }

        former?.Complete();
        return active;
    }

    /// <summary>Ends what <see cref="BeginWait"/> began. Any thread.</summary>
    public void EndWait(WaitingFetch fetch)
    {
        lock (_watches)
        {
            if (_waiting == fetch)
            {
                _waiting = null;
            }
        }
    }

    /// <summary>Ends all watches, and the wait of a fetch. Any thread.</summary>
    public void Close()
    {
        WaitingFetch? waiting;
        lock (Gate)
        {
            lock (_watches)
            {
                _closed = true;
                waiting = _waiting;
                foreach (FetchEntry entry in _byKey.Values)
                {
                    entry.Leave();
                }
            }
        }

        waiting?.Complete();
    }

    private FetchKey KeyOf(string topic, Guid id, int partition) => usesTopicIds ? new FetchKey("", id, partition) : new FetchKey(topic, Guid.Empty, partition);

    private FetchEntry Add(FetchKey key)
    {
        FetchEntry entry = new(key, this) { Turn = ++_lastTurn };
        _byKey.Add(key, entry);
        return entry;
    }

    private void Remove(FetchKey key)
    {
        if (_byKey.Remove(key, out FetchEntry? entry))
        {
            lock (_watches)
            {
                entry.Leave();
                entry.IsForgotten = true;
            }
        }
    }

    /// <summary>Under the lock of the watches.</summary>
    private FetchEntry[] Active()
    {
        _active.RemoveAll(static entry => entry.IsForgotten);
        return [.. _active];
    }
}
