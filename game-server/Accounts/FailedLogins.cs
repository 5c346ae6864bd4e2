namespace Game.GameServer.Accounts;

/// <summary>
/// Locks a player out after too many wrong secrets within a sliding window. Thread-safe. An attempt counts as failed from the moment it is admitted until it
/// succeeds, so that many attempts at once cannot slip past the limit.
/// </summary>
/// <param name="limit">Failed attempts that lock, 1 or more.</param>
/// <param name="window">How long a failed attempt counts.</param>
/// <param name="time">The clock.</param>
/// <param name="maxPlayers">
/// Players remembered at once; above it, the one whose last attempt lies furthest back is forgotten. Pushing a victim out takes that many attempts on others
/// for every few guesses.
/// </param>
internal sealed class FailedLogins(int limit, TimeSpan window, TimeProvider time, int maxPlayers = 100_000)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, LinkedListNode<Player>> byUser = new(StringComparer.Ordinal);
    private readonly LinkedList<Player> byLastAttempt = new();

    /// <summary>Players with failed attempts in the window (or not yet found to be out of it).</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return byUser.Count;
        }
    }

    /// <summary>False when the player is locked out; else the attempt is taken as failed until <see cref="Succeeded"/>.</summary>
    public bool Admit(string userId, LoginAttempt attempt)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (gate)
        {
            ForgetOld(now);
            LinkedListNode<Player> node = FindOrAdd(userId);
            List<Failure> failures = node.Value.Failures;
            failures.RemoveAll(failure => now - failure.At >= window);
            bool isRetry = failures.Exists(failure => failure.Attempt == attempt);
            if (!isRetry && failures.Count >= limit)
                return false;
            if (!isRetry)
                failures.Add(new(now, attempt));
            byLastAttempt.Remove(node);
            byLastAttempt.AddLast(node);
            return true;
        }
    }

    /// <summary>Forgets the player's failed attempts.</summary>
    public void Succeeded(string userId)
    {
        lock (gate)
        {
            if (byUser.Remove(userId, out LinkedListNode<Player>? node))
                byLastAttempt.Remove(node);
        }
    }

    private LinkedListNode<Player> FindOrAdd(string userId)
    {
        if (byUser.TryGetValue(userId, out LinkedListNode<Player>? node))
            return node;
        if (byUser.Count >= maxPlayers)
            RemoveFirst();
        node = byLastAttempt.AddLast(new Player(userId, []));
        byUser.Add(userId, node);
        return node;
    }

    private void ForgetOld(DateTimeOffset now)
    {
        while (byLastAttempt.First is { } oldest && now - oldest.Value.LastAt >= window)
            RemoveFirst();
    }

    private void RemoveFirst()
    {
        byUser.Remove(byLastAttempt.First!.Value.UserId);
        byLastAttempt.RemoveFirst();
    }

    private readonly record struct Failure(DateTimeOffset At, LoginAttempt Attempt);

    private sealed record Player(string UserId, List<Failure> Failures)
    {
        public DateTimeOffset LastAt => Failures.Count == 0 ? DateTimeOffset.MinValue : Failures[^1].At;
    }
}
