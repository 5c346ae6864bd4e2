using Broker.Protocol.Messages;
using Broker.Server.Partitions;
using Broker.Server.Replication;

namespace Broker.Server.Apis.Fetching;

/// <summary>The fields of a fetch request that hold for all its partitions.</summary>
/// <param name="Reader">Decides up to which offset the fetch reads.</param>
/// <param name="ReplicaId">The id of the fetching broker; below 0 for consumers.</param>
/// <param name="ReplicaEpoch">The registration of the fetching broker; -1 unknown.</param>
/// <param name="LeaderOnly">False for consumers whose version supports reading from followers.</param>
/// <param name="MayFollow">For a broker: whether it is authorized to fetch. Null for a consumer, which the broker authorizes for each topic.</param>
/// <param name="MinBytes">How many bytes the fetch waits for, over all partitions.</param>
/// <param name="Closest">Picks the replica that a consumer reads from; null where that is always the leader.</param>
/// <param name="Quota">What the fetches of a broker's replicas that are out of sync may cost; null for a consumer.</param>
/// <param name="AwaitsHighWatermark">Whether a waiting fetch is answered when a high watermark moves: consumers of this replica wait for it.</param>
internal readonly record struct FetchTerms(
    FetchReader Reader, int ReplicaId, long ReplicaEpoch, bool LeaderOnly, bool? MayFollow, int MinBytes, ClosestReplica? Closest, ReplicationQuota? Quota,
    bool AwaitsHighWatermark)
{
    /// <summary>Whether the fetch must know where its offsets lie in the log; not where it waits for one byte only.</summary>
    public bool NeedsPlaces => MinBytes > 1;

    /// <summary>
    /// Whether the leader has noted where a broker's replica is, and it is in sync now. Else every fetch reads the partition, because each may be the one with
    /// which the replica joins. Always true for a consumer.
    /// </summary>
    public bool IsSettled(FetchEntry entry) =>
        ReplicaId < 0 || (entry is { IsNoted: true, Source.Partition: { } partition } && partition.State.Isr.Contains(ReplicaId));

    /// <summary>Whether the fetch gets no records of a partition now, because the replica is out of sync and its quota is used up.</summary>
    public bool IsHeldBack(Partition partition) =>
        Quota is { } quota && quota.IsThrottled(partition.Name) && !partition.State.Isr.Contains(ReplicaId) && quota.IsExceeded();
}

/// <summary>
/// What a broker remembers of a client's fetches, so that requests and responses hold only changes (KIP-227), and so that a fetch reads only partitions that
/// changed. An active partition is read by the next fetch. An inactive partition has nothing new for the client; the session watches it, and its next change
/// makes it active. A fetch without a session uses an object of its own, in which every partition stays active.
/// </summary>
/// <remarks>
/// <see cref="Gate"/> guards the list of partitions and what the client knows of them. A second lock guards which partitions are active and which fetch waits.
/// Appending threads take the second lock, so the only call under it is to a partition's list of waiters. A change that no fetch waits for ends the watch, so
/// that a client that does not come back costs each partition one call. <see cref="Close"/> ends all watches; the cache calls it for every session that it
/// evicts.
/// </remarks>
internal sealed class FetchSession(bool usesTopicIds, bool isFollower)
{
    private readonly Lock _watches = new();
    private readonly Dictionary<FetchKey, FetchEntry> _byKey = [];
    private readonly List<FetchEntry> _active = [];
    private WaitingFetch? _waiting;
    private FetchTerms _terms;
    private long _lastReadOrder;
    private int _count;
    private bool _closed;

    public Lock Gate { get; } = new();

    /// <summary>0 for a fetch without a session, and for a session that the cache has not accepted yet.</summary>
    public int Id { get; private set; }

    public bool UsesTopicIds => usesTopicIds;

    /// <summary>Whether the client is another broker; its session may evict sessions of consumers.</summary>
    public bool IsFollower => isFollower;

    /// <summary>The time of the last fetch, where the client is another broker.</summary>
    public FetchClock Clock { get; } = new();

    /// <summary>When the cache accepted it, in milliseconds. Guarded by the cache's lock.</summary>
    public long CreatedMs { get; private set; }

    /// <summary>When the last request used it, in milliseconds. Guarded by the cache's lock.</summary>
    public long LastUsedMs { get; set; }

    /// <summary>The session epoch that the next incremental request must have: 1 after the creation, and 1 again after 2147483647.</summary>
    public int NextEpoch { get; private set; } = 1;

    /// <summary>How many partitions it has, and how many more are reserved (<see cref="Reserve"/>). May be read without the gate.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Sets the session's id, when the cache accepts it. From now on a fetch reads only active partitions.</summary>
    public void Establish(int id, long nowMs)
    {
        CreatedMs = nowMs;
        LastUsedMs = nowMs;
        Id = id;
    }

    /// <summary>How many partitions a request would add; a partition that it names twice counts twice.</summary>
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

    /// <summary>
    /// Reserves room for partitions that the caller adds next. Called under the cache's lock, so that all sessions together stay within its limit.
    /// </summary>
    public void Reserve(int count) => Volatile.Write(ref _count, _count + count);

    /// <summary>Adds a request's new partitions and updates the known ones; where it names a partition twice, the last entry holds.</summary>
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

                entry.Requested = partition;
                Activate(entry);
            }
        }

        Volatile.Write(ref _count, _byKey.Count);
    }

    /// <summary>Removes the partitions that an incremental request lists as forgotten.</summary>
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

    /// <summary>Moves on to the next epoch, when a request is accepted.</summary>
    public void AdvanceEpoch() => NextEpoch = EpochAfter(NextEpoch);

    internal static int EpochAfter(int epoch) => epoch == int.MaxValue ? 1 : epoch + 1;

    /// <summary>Has the next fetch read the partition last, because it returned records: so every partition gets its share of the bytes.</summary>
    public void MoveLast(FetchEntry entry) => entry.ReadOrder = ++_lastReadOrder;

    /// <summary>Sets how the client fetches from now on. Where that changes, every partition becomes active.</summary>
    public void SetTerms(FetchTerms terms)
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

    /// <summary>
    /// Returns the active partitions, in any order, and makes them inactive. The caller then calls <see cref="Activate"/> or <see cref="Watch"/> for each of
    /// them. Any thread.
    /// </summary>
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

    /// <summary>Has the next fetch read a partition. Any thread.</summary>
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

    /// <summary>
    /// Watches a partition: its next change makes it active. The caller reads the partition after this call, because the watch does not report earlier changes.
    /// Any thread.
    /// </summary>
    /// <returns>False where the partition is watched already, or cannot be watched.</returns>
    public bool Watch(FetchEntry entry)
    {
        lock (_watches)
        {
            PartitionWaiters? waiters = _closed || entry.IsForgotten ? null : entry.Source?.Partition?.Waiters;
            if (entry.Owner != waiters)
            {
                entry.Leave();
            }

            return waiters?.Add(entry) ?? false;
        }
    }

    /// <summary>Called when a watched partition has changed. Any thread.</summary>
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

        waiting?.Check(entry);
    }

    /// <summary>Notifies the fetch of all changes from now on, and completes the fetch that waited before it. Any thread.</summary>
    /// <returns>The active partitions, which the caller checks now; null where the session has been closed.</returns>
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

    /// <summary>
    /// Sets how many bytes a partition has for the fetch that waits, and returns the sum over all partitions; 0 where that fetch waits no longer, so that a
    /// late call changes nothing of the next fetch. Any thread.
    /// </summary>
    public long CountFor(WaitingFetch fetch, FetchEntry entry, long available)
    {
        lock (_watches)
        {
            if (_waiting != fetch)
            {
                return 0;
            }

            fetch.Sum += available - entry.Counted;
            entry.Counted = available;
            return fetch.Sum;
        }
    }

    /// <summary>Ends the notifications that <see cref="BeginWait"/> began. Any thread.</summary>
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

    /// <summary>Ends all watches and completes the waiting fetch. Any thread.</summary>
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
        FetchEntry entry = new(key, this) { ReadOrder = ++_lastReadOrder };
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

            if (_terms.ReplicaId >= 0)
            {
                entry.Source?.Partition?.ForgetFetches(Clock);
            }
        }
    }

    /// <summary>Called under the lock of the watches.</summary>
    private FetchEntry[] Active()
    {
        _active.RemoveAll(static entry => entry.IsForgotten);
        return [.. _active];
    }
}
