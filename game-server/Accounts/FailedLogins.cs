using Game.Contracts;

namespace Game.GameServer.Accounts;

/// <summary>
/// Counts wrong secrets within a sliding window, and locks out the places that send too many. A failed attempt from a place that is not known ("a stranger")
/// counts three times: for the player and the network, for the player and the device, and for the player and all strangers together, so that many addresses
/// together cannot guess one player's secret. A failed attempt from a known place counts for that place only, so no stranger can lock it. An attempt counts as
/// failed from the moment it is admitted until it succeeds, so that many attempts at once cannot exceed the limit. Thread-safe.
/// </summary>
/// <param name="limit">
/// This many failed attempts from one network, one device or one known place lock it, 1 or more; <see cref="AllStrangersFactor"/> times as many from all
/// strangers together lock out every stranger.
/// </param>
/// <param name="window">How long a failed attempt counts.</param>
/// <param name="time">The clock.</param>
/// <param name="maxCounters">
/// The most counters at once, up to 3 for each failed attempt, some 300 bytes each. When they are full, a new one replaces the one whose last attempt is the
/// oldest. To have a victim's counter replaced, an attacker must send that many attempts on other players for every few guesses.
/// </param>
internal sealed class FailedLogins(int limit, TimeSpan window, TimeProvider time, int maxCounters = 100_000)
{
    /// <summary>
    /// More failed attempts than a player makes from new devices, and too few to guess a secret: by default 100 guesses in five minutes, from any number of
    /// addresses.
    /// </summary>
    public const int AllStrangersFactor = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<Counter>> _byKey = [];
    private readonly LinkedList<Counter> _byLastAttempt = new();

    /// <summary>Counters with failed attempts, also with attempts that have left the window and are not removed yet.</summary>
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

    /// <summary>False when the place is locked out. Otherwise the attempt counts as failed until <see cref="Succeeded"/> or <see cref="Withdraw"/>.</summary>
    public bool Admit(LoginPlace place, LoginAttempt attempt)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            RemoveExpired(now);
            if (!IsBelowLimits(place, attempt, now))
            {
                return false;
            }

            foreach (Key key in CountersOf(place))
            {
                AddFailure(key, new Failure(now, attempt));
            }

            return true;
        }
    }

    /// <summary>Counts a wrong secret that another server, or this one before a restart, has published.</summary>
    /// <param name="place">Where it came from.</param>
    /// <param name="eventId">The id of the event, which is the attempt's key.</param>
    /// <param name="at">The time of the event.</param>
    public void Learn(LoginPlace place, Guid eventId, DateTimeOffset at)
    {
        LoginAttempt attempt = new(eventId, 0);
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            if (now - at >= window || !IsBelowLimits(place, attempt, now))
            {
                return;
            }

            foreach (Key key in CountersOf(place))
            {
                AddFailure(key, new Failure(at, attempt));
            }
        }
    }

    /// <summary>The accounts did not check the attempt: removes it from all counters.</summary>
    public void Withdraw(LoginPlace place, LoginAttempt attempt) => RemoveFailures(place, (_, failure) => failure.Attempt == attempt);

    /// <summary>
    /// The secret was right: removes all failed attempts of the network, the device or the known place, and only this attempt from those of all strangers.
    /// </summary>
    public void Succeeded(LoginPlace place, LoginAttempt attempt) => RemoveFailures(place, (key, failure) => key.IsPlace || failure.Attempt == attempt);

    private void RemoveFailures(LoginPlace place, Func<Key, Failure, bool> which)
    {
        lock (_gate)
        {
            foreach (Key key in CountersOf(place))
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

    // The network and the device are checked before all strangers together, so that one stranger who is locked out cannot lock out the others.
    private static Key[] CountersOf(LoginPlace place) => place.IsKnown
        ? [new Key(place.UserId, place.Network, place.DeviceId)]
        : [new Key(place.UserId, place.Network, null), new Key(place.UserId, null, place.DeviceId), new Key(place.UserId, null, null)];

    private bool IsBelowLimits(LoginPlace place, LoginAttempt attempt, DateTimeOffset now)
    {
        foreach (Key key in CountersOf(place))
        {
            if (!_byKey.TryGetValue(key, out LinkedListNode<Counter>? node))
            {
                continue;
            }

            List<Failure> failures = node.Value.Failures;
            failures.RemoveAll(failure => now - failure.At >= window);
            int most = key.IsPlace ? limit : limit * AllStrangersFactor;
            if (failures.Count >= most && !failures.Exists(failure => failure.Attempt == attempt))
            {
                return false;
            }
        }

        return true;
    }

    private void AddFailure(Key key, Failure failure)
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

    // An attempt that comes from the log has no digest of a secret: it is the same as the attempt with its key that is counted already.
    private static bool IsSame(LoginAttempt earlier, LoginAttempt attempt)
        => earlier == attempt || (attempt.Content == 0 && earlier.IdempotencyKey == attempt.IdempotencyKey);

    private void RemoveExpired(DateTimeOffset now)
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

    /// <summary>Which attempts one counter counts; null means any network or any device.</summary>
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
