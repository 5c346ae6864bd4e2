using System.Collections.Concurrent;

namespace Game.GameServer.Accounts;

/// <summary>
/// The sessions whose tokens were opened lately: opening one costs several microseconds, and a player trades many times on one. Two generations bound it:
/// when the young one is full it becomes the old one, and what nobody asked for meanwhile is dropped. Thread-safe.
/// </summary>
internal sealed class RecentSessions
{
    // Some 600 bytes each: at most about 40 MB in both generations, and every player of a busy server fits.
    private const int GenerationSize = 32_768;

    private readonly Lock turning = new();
    private volatile ConcurrentDictionary<string, Session> young = new(StringComparer.Ordinal);
    private volatile ConcurrentDictionary<string, Session> old = new(StringComparer.Ordinal);
    private int youngCount;

    public Session? Find(string token)
    {
        if (young.TryGetValue(token, out Session? session))
            return session;
        if (!old.TryGetValue(token, out session))
            return null;
        Add(token, session);
        return session;
    }

    public void Add(string token, Session session)
    {
        // Counted apart, as the dictionary's own count takes all its locks.
        if (!young.TryAdd(token, session) || Interlocked.Increment(ref youngCount) < GenerationSize)
            return;
        lock (turning)
        {
            if (Volatile.Read(ref youngCount) < GenerationSize)
                return;
            old = young;
            young = new(StringComparer.Ordinal);
            Volatile.Write(ref youngCount, 0);
        }
    }
}
