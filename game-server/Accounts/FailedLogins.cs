using Game.Contracts;

namespace Game.GameServer.Accounts;

/// <summary>
/// Counts wrong secrets within a sliding window, and locks out where they come from. A stranger is counted by the player and the network, by the player and the
/// device, and with all other strangers to the player, so that many addresses together cannot guess one player's secret. A place that is known is counted by
/// itself only: no stranger locks it. An attempt counts as failed from the moment it is admitted until it succeeds, so that many attempts at once cannot slip
/// past the limit. Thread-safe.
/// </summary>
/// <param name="limit">Failed attempts from one network, one device or one known place that lock it, 1 or more; strangers together have
/// <see cref="AllStrangers"/> times as many.</param>
/// <param name="window">How long a failed attempt counts.</param>
/// <param name="time">The clock.</param>
/// <param name="maxCounters">
/// Counters at once, up to 3 a failed attempt, some 300 bytes each; above it, the one whose last attempt lies furthest back is forgotten. Pushing a victim's
/// out takes that many attempts on others for every few guesses.
/// </param>
internal sealed class FailedLogins(int limit, TimeSpan window, TimeProvider time, int maxCounters = 100_000)
{
    /// <summary>More than a player's own forgotten devices use up, too few to guess with: at the defaults 100 guesses in five minutes, whatever the number of
    /// addresses.</summary>
    public const int AllStrangers = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<Counter>> _byKey = [];
    private readonly LinkedList<Counter> _byLastAttempt = new();

    /// <summary>Counters with failed attempts in the window (or not yet found to be out of it).</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byKey.Count;
            }
        }
    }

    /// <summary>False when the place is locked out; else the attempt is taken as failed until <see cref="Succeeded"/>.</summary>
    public bool Admit(LoginPlace place, LoginAttempt attempt)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            ForgetOld(now);
            if (!HasRoom(place, attempt, now))
            {
                return false;
            }

            foreach (Key key in Keys(place))
            {
                Note(key, new Failure(now, attempt));
            }

            return true;
        }
    }

    /// <summary>Counts a wrong secret that another server, or this one before a restart, has published.</summary>
    /// <param name="place">Where it came from.</param>
    /// <param name="eventId">The event's.</param>
    /// <param name="at">The event's time.</param>
    public void Learn(LoginPlace place, Guid eventId, DateTimeOffset at)
    {
        LoginAttempt attempt = new(eventId, 0);
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            if (now - at >= window || !HasRoom(place, attempt, now))
            {
                return;
            }

            foreach (Key key in Keys(place))
            {
                Note(key, new Failure(at, attempt));
            }
        }
    }

    /// <summary>The attempt was not judged: it does not count.</summary>
    public void Withdraw(LoginPlace place, LoginAttempt attempt) => Forget(place, (_, failure) => failure.Attempt == attempt);

    /// <summary>The attempt was none: the place's wrong secrets are forgotten, the strangers' elsewhere are not.</summary>
    public void Succeeded(LoginPlace place, LoginAttempt attempt) => Forget(place, (key, failure) => key.IsPlace || failure.Attempt == attempt);

    private void Forget(LoginPlace place, Func<Key, Failure, bool> which)
    {
        lock (_gate)
        {
            foreach (Key key in Keys(place))
            {
                if (!_byKey.TryGetValue(key, out LinkedListNode<Counter>? node))
                {
                    continue;
                }

                List<Failure> failures = node.Value.Failures;
                failures.RemoveAll(failure => which(key, failure));
                if (failures.Count == 0)
                {
                    Remove(node);
                }
            }
        }
    }

    // A stranger's two places come before all strangers together, so that one of them cannot use up the others' allowance.
    private static Key[] Keys(LoginPlace place) => place.IsKnown
        ? [new Key(place.UserId, place.Network, place.DeviceId)]
        : [new Key(place.UserId, place.Network, null), new Key(place.UserId, null, place.DeviceId), new Key(place.UserId, null, null)];

    private bool HasRoom(LoginPlace place, LoginAttempt attempt, DateTimeOffset now)
    {
        foreach (Key key in Keys(place))
        {
            if (!_byKey.TryGetValue(key, out LinkedListNode<Counter>? node))
            {
                continue;
            }

            List<Failure> failures = node.Value.Failures;
            failures.RemoveAll(failure => now - failure.At >= window);
            int most = key.IsPlace ? limit : limit * AllStrangers;
            if (failures.Count >= most && !failures.Exists(failure => failure.Attempt == attempt))
            {
                return false;
            }
        }

        return true;
    }

    private void Note(Key key, Failure failure)
    {
        if (!_byKey.TryGetValue(key, out LinkedListNode<Counter>? node))
        {
            if (_byKey.Count >= maxCounters)
            {
                Remove(_byLastAttempt.First!);
            }

            node = new LinkedListNode<Counter>(new Counter(key, []));
            _byKey.Add(key, node);
        }
        else
        {
            _byLastAttempt.Remove(node);
        }

        _byLastAttempt.AddLast(node);
        if (!node.Value.Failures.Exists(earlier => IsSame(earlier.Attempt, failure.Attempt)))
        {
            node.Value.Failures.Add(failure);
        }
    }

    // What is known from the log has no secret: it is the attempt of that key that was counted already.
    private static bool IsSame(LoginAttempt earlier, LoginAttempt attempt)
        => earlier == attempt || (attempt.Content == 0 && earlier.IdempotencyKey == attempt.IdempotencyKey);

    private void ForgetOld(DateTimeOffset now)
    {
        while (_byLastAttempt.First is { } oldest && now - oldest.Value.LastAt >= window)
        {
            Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<Counter> node)
    {
        _byKey.Remove(node.Value.Key);
        _byLastAttempt.Remove(node);
    }

    /// <summary>What is counted together; null is any.</summary>
    private readonly record struct Key(string UserId, IpValue? Network, string? DeviceId)
    {
        public bool IsPlace => Network is not null || DeviceId is not null;
    }

    private readonly record struct Failure(DateTimeOffset At, LoginAttempt Attempt);

    private sealed record Counter(Key Key, List<Failure> Failures)
    {
        public DateTimeOffset LastAt => Failures.Count == 0 ? DateTimeOffset.MinValue : Failures[^1].At;
    }
}
