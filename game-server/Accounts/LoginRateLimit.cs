namespace Game.GameServer.Accounts;

/// <summary>
/// Limits how many logins one player, or one address, may send a minute, by the generic cell rate algorithm: one number for each, so a refused request costs a
/// hash and a comparison. The numbers lie in a table of fixed size by hash: two keys may share a slot and its limit, which neither reaches at a human's pace.
/// Thread-safe, without locks.
/// </summary>
/// <param name="perMinute">Logins a minute, which may come all at once; 0 switches the limit off.</param>
/// <param name="time">The clock.</param>
internal sealed class LoginRateLimit(int perMinute, TimeProvider time)
{
    // 2 MB; at 20,000 active players one in thirteen shares a slot.
    private const int SlotBits = 18;

    private readonly long[] _slots = new long[perMinute == 0 ? 0 : 1 << SlotBits];
    private readonly long _minute = time.TimestampFrequency * 60;
    private readonly long _origin = time.GetTimestamp();

    private readonly long _interval = perMinute == 0 ? 0 : time.TimestampFrequency * 60 / perMinute;

    /// <summary>Counts one login against the limit. When the limit is reached, returns false and the whole seconds until it allows one again.</summary>
    public bool TryAcquire<TKey>(TKey key, out int retryAfterSeconds)
        where TKey : notnull
    {
        retryAfterSeconds = 0;
        if (_slots.Length == 0)
        {
            return true;
        }
        long now = time.GetTimestamp() - _origin;
        ref long slot = ref Slot(key);
        while (true)
        {
            long seen = Volatile.Read(ref slot);
            long next = Math.Max(seen, now) + _interval;
            long wait = next - now - _minute;
            if (wait > 0)
            {
                retryAfterSeconds = (int)((wait + time.TimestampFrequency - 1) / time.TimestampFrequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref slot, next, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>Removes a login that was counted and does not count any more.</summary>
    public void GiveBack<TKey>(TKey key)
        where TKey : notnull
    {
        if (_slots.Length > 0)
        {
            Interlocked.Add(ref Slot(key), -_interval);
        }
    }

    private ref long Slot<TKey>(TKey key)
        where TKey : notnull => ref _slots[key.GetHashCode() & (_slots.Length - 1)];
}
