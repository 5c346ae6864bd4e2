namespace Broker.Server.Apis.Fetching;

/// <summary>
/// The fetch sessions of a broker, at most <c>max.incremental.fetch.session.cache.slots</c>. When all slots are in use, a new session evicts a session that has
/// been idle for more than two minutes. Where there is none, it evicts the lowest-ranking of the sessions that are older than two minutes (a follower's: of all
/// sessions of consumers, too) if it ranks at least as high: followers rank above consumers, then more partitions above fewer (KIP-227). Any thread.
/// </summary>
internal sealed class FetchSessionCache
{
    /// <summary>
    /// Kafka's time, in milliseconds, after which an idle session may be evicted, and a session of that age may be evicted by one that ranks higher.
    /// </summary>
    public const long EvictionMs = 120_000;

    /// <summary>
    /// The limit of partitions of all sessions together, about 400 bytes each: 200 MB at most. A client whose new session would exceed it is served without a
    /// session. A session that would grow beyond it ends: its client gets FETCH_SESSION_ID_NOT_FOUND and sends a full request.
    /// </summary>
    public const int MaxPartitions = 500_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, FetchSession> _sessions = [];
    private readonly int _slots;
    private readonly Random _random;

    /// <param name="slots">How many sessions there may be; with 0 there are none.</param>
    /// <param name="random">Chooses the sessions' ids; used under the cache's lock.</param>
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

    /// <summary>The session with this id, which counts as used now; null where there is none.</summary>
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
        FetchSession? removed;
        lock (_lock)
        {
            _sessions.Remove(id, out removed);
        }

        removed?.Close();
    }

    /// <summary>Adds a session and sets its id; false where there is no room for it.</summary>
    public bool TryAdd(FetchSession session, long nowMs)
    {
        List<FetchSession> evicted = [];
        bool added;
        lock (_lock)
        {
            added = _slots > 0 && session.Count > 0 && HasRoom(session.Count, nowMs, null, evicted) && HasSlot(session, nowMs, evicted);
            if (added)
            {
                session.Establish(NewId(), nowMs);
                _sessions.Add(session.Id, session);
            }
        }

        evicted.ForEach(static session => session.Close());
        return added;
    }

    /// <summary>
    /// Reserves room for more partitions of a session. False where the session has been evicted, or where there is no room, which evicts it now. Called without
    /// any session's gate.
    /// </summary>
    public bool TryGrow(FetchSession session, int added, long nowMs)
    {
        List<FetchSession> evicted = [];
        bool grows;
        lock (_lock)
        {
            bool isCached = _sessions.ContainsKey(session.Id);
            grows = isCached && HasRoom(added, nowMs, session, evicted);
            if (grows)
            {
                session.Reserve(added);
            }
            else if (isCached)
            {
                Evict(session, evicted);
            }
        }

        evicted.ForEach(static session => session.Close());
        return grows;
    }

    private static (bool IsFollower, int Size, int Id) Rank(FetchSession session) => (session.IsFollower, session.Count, session.Id);

    /// <summary>Evicts idle sessions, the longest idle first, until there is room for so many more partitions.</summary>
    private bool HasRoom(int added, long nowMs, FetchSession? growing, List<FetchSession> evicted)
    {
        long total = _sessions.Values.Sum(s => (long)s.Count) + added;
        if (total <= MaxPartitions)
        {
            return true;
        }

        if (added > MaxPartitions)
        {
            return false;
        }

        foreach (FetchSession idle in _sessions.Values.Where(s => s != growing && IsIdle(s, nowMs)).OrderBy(s => s.LastUsedMs).ToArray())
        {
            Evict(idle, evicted);
            total -= idle.Count;
            if (total <= MaxPartitions)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsIdle(FetchSession session, long nowMs) => nowMs - session.LastUsedMs > EvictionMs;

    private bool HasSlot(FetchSession added, long nowMs, List<FetchSession> evicted)
    {
        if (_sessions.Count < _slots)
        {
            return true;
        }

        FetchSession idlest = _sessions.Values.MinBy(s => s.LastUsedMs)!;
        if (IsIdle(idlest, nowMs))
        {
            return Evict(idlest, evicted);
        }

        FetchSession? lowest = _sessions.Values
            .Where(s => nowMs - s.CreatedMs > EvictionMs || (added.IsFollower && !s.IsFollower))
            .MinBy(Rank);
        return lowest is not null && Rank(added).CompareTo(Rank(lowest)) >= 0 && Evict(lowest, evicted);
    }

    /// <summary>Removes the session; the caller closes the evicted sessions after it has released the cache's lock.</summary>
    private bool Evict(FetchSession session, List<FetchSession> evicted)
    {
        evicted.Add(session);
        return _sessions.Remove(session.Id);
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
