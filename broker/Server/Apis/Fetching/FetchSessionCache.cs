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
    /// Partitions of all sessions together, about 400 bytes each: 200 MB at most. A consumer of more than that is served without a session, and a session
    /// that would grow beyond it ends: its client is told that it is not there (FETCH_SESSION_ID_NOT_FOUND) and sends a full request.
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
        FetchSession? removed;
        lock (_lock)
        {
            _sessions.Remove(id, out removed);
        }

        removed?.Close();
    }

    /// <summary>Gives a session its id; false when there is no room for it.</summary>
    public bool TryAdd(FetchSession session, long nowMs)
    {
        List<FetchSession> putOut = [];
        bool added;
        lock (_lock)
        {
            added = _slots > 0 && session.Count > 0 && HasRoom(session.Count, nowMs, null, putOut) && HasSlot(session, nowMs, putOut);
            if (added)
            {
                session.Establish(NewId(), nowMs);
                _sessions.Add(session.Id, session);
            }
        }

        putOut.ForEach(static session => session.Close());
        return added;
    }

    /// <summary>
    /// Whether a session may take in so many partitions more; false where it is gone meanwhile, or goes now because there is no room. Outside of every
    /// session's gate.
    /// </summary>
    public bool TryGrow(FetchSession session, int added, long nowMs)
    {
        List<FetchSession> putOut = [];
        bool grows;
        lock (_lock)
        {
            bool isThere = _sessions.ContainsKey(session.Id);
            grows = isThere && HasRoom(added, nowMs, session, putOut);
            if (grows)
            {
                session.Grant(added);
            }
            else if (isThere)
            {
                PutOut(session, putOut);
            }
        }

        putOut.ForEach(static session => session.Close());
        return grows;
    }

    private static (bool Privileged, int Size, int Id) Rank(FetchSession session) => (session.IsPrivileged, session.Count, session.Id);

    /// <summary>Puts out idle sessions, the idlest first, until so many partitions more keep the limit of all.</summary>
    private bool HasRoom(int added, long nowMs, FetchSession? growing, List<FetchSession> putOut)
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
            PutOut(idle, putOut);
            total -= idle.Count;
            if (total <= MaxPartitions)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsIdle(FetchSession session, long nowMs) => nowMs - session.LastUsedMs > EvictionMs;

    private bool HasSlot(FetchSession added, long nowMs, List<FetchSession> putOut)
    {
        if (_sessions.Count < _slots)
        {
            return true;
        }

        FetchSession idlest = _sessions.Values.MinBy(s => s.LastUsedMs)!;
        if (IsIdle(idlest, nowMs))
        {
            return PutOut(idlest, putOut);
        }

        FetchSession? lowest = _sessions.Values
            .Where(s => nowMs - s.CreatedMs > EvictionMs || (added.IsPrivileged && !s.IsPrivileged))
            .MinBy(Rank);
        return lowest is not null && Rank(added).CompareTo(Rank(lowest)) >= 0 && PutOut(lowest, putOut);
    }

    /// <summary>What is put out is closed once the cache's lock has been released.</summary>
    private bool PutOut(FetchSession session, List<FetchSession> putOut)
    {
        putOut.Add(session);
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
