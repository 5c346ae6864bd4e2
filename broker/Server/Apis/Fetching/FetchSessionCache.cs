namespace Broker.Server.Apis.Fetching;

/// <summary>
/// The fetch sessions of a broker, at most <c>max.incremental.fetch.session.cache.slots</c>. A new one puts out one that has been idle for two minutes, or,
/// if it ranks higher, the lowest in rank among those that may go: brokers before consumers, then many partitions before few (KIP-227). Any thread.
/// </summary>
internal sealed class FetchSessionCache
{
    /// <summary>Kafka's time after which an idle session may go, and an old one must stand the comparison.</summary>
    public const long EvictionMs = 120_000;

    /// <summary>
    /// Partitions of all sessions together, about 200 bytes each: 100 MB at most. A consumer of more than that is served without a session.
    /// </summary>
    public const int MaxPartitions = 500_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, FetchSession> _sessions = [];
    private readonly int _slots;
    private readonly Random _random;

    /// <param name="slots">0 gives no sessions at all.</param>
    /// <param name="random">Of the sessions' ids; used under the cache's lock.</param>
    public FetchSessionCache(int slots, Random random) => (_slots, _random) = (slots, random);

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count;
            }
        }
    }

    /// <summary>Null when there is none of this id (any more).</summary>
    public FetchSession? Find(int id, long nowMs)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue(id, out FetchSession? session))
            {
                session.LastUsedMs = nowMs;
            }

            return session;
        }
    }

    public void Remove(int id)
    {
        lock (_lock)
        {
            _sessions.Remove(id);
        }
    }

    /// <summary>A new session of these partitions; null when there is no room for it.</summary>
    public FetchSession? TryCreate(IReadOnlyCollection<FetchEntry> entries, bool usesTopicIds, bool isPrivileged, long nowMs)
    {
        lock (_lock)
        {
            if (_slots == 0 || entries.Count == 0 || _sessions.Values.Sum(s => (long)s.Count) + entries.Count > MaxPartitions || !HasRoom(entries.Count, isPrivileged, nowMs))
            {
                return null;
            }

            FetchSession session = new(NewId(), usesTopicIds, isPrivileged, nowMs);
            foreach (FetchEntry entry in entries)
            {
                session.Add(entry);
            }

            _sessions.Add(session.Id, session);
            return session;
        }
    }

    private static (bool Privileged, int Size, int Id) Rank(FetchSession session) => (session.IsPrivileged, session.Count, session.Id);

    private bool HasRoom(int size, bool isPrivileged, long nowMs)
    {
        if (_sessions.Count < _slots)
        {
            return true;
        }

        FetchSession idlest = _sessions.Values.MinBy(s => s.LastUsedMs)!;
        if (nowMs - idlest.LastUsedMs > EvictionMs)
        {
            return _sessions.Remove(idlest.Id);
        }

        FetchSession? lowest = _sessions.Values
            .Where(s => nowMs - s.CreatedMs > EvictionMs || (isPrivileged && !s.IsPrivileged))
            .MinBy(Rank);
        return lowest is not null && (isPrivileged, size, 0).CompareTo(Rank(lowest)) >= 0 && _sessions.Remove(lowest.Id);
    }

    private int NewId()
    {
        int id;
        do
        {
            id = _random.Next(1, int.MaxValue);
        }
        while (_sessions.ContainsKey(id));
        return id;
    }
}
