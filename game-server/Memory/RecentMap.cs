namespace Game.GameServer.Memory;

/// <summary>
/// Keeps the entries that were added or found last, in two generations. When the young generation is full, it becomes the old one, and the entries of the old
/// one that were not found since are dropped. So it keeps at least <paramref name="generationSize"/> entries and at most twice as many. Not thread-safe.
/// </summary>
/// <param name="generationSize">Entries of one generation, 1 or more.</param>
internal sealed class RecentMap<TKey, TValue>(int generationSize)
    where TKey : notnull
{
    // At this many entries a table gets its whole size at once. A table that grows by doubling leaves its smaller arrays behind as large objects, which are
    // seldom collected: 19 MB for the events by default.
    private const int FirstEntries = 1_024;

    private Dictionary<TKey, TValue> _young = [];
    private Dictionary<TKey, TValue> _old = [];

    public int Count => _young.Count + _old.Count;

    /// <summary>Finds an entry, and moves it into the young generation.</summary>
    public bool TryGet(TKey key, out TValue value)
    {
        if (_young.TryGetValue(key, out value!))
        {
            return true;
        }

        if (!_old.Remove(key, out value!))
        {
            return false;
        }

        Set(key, value);
        return true;
    }

    /// <summary>Adds an entry, or replaces its value.</summary>
    public void Set(TKey key, TValue value)
    {
        if (_young.Count >= generationSize && !_young.ContainsKey(key))
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        if (_young.Count == FirstEntries)
        {
            _young.EnsureCapacity(generationSize);
        }

        _old.Remove(key);
        _young[key] = value;
    }
}
