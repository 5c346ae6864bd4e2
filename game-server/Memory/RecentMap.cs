namespace Game.GameServer.Memory;

/// <summary>
/// The entries that were added or found last. Two generations bound it: when the young one is full it becomes the old one, and what nobody asked for meanwhile
/// is dropped. It holds at least <paramref name="generationSize"/> entries and at most twice as many. Not thread-safe: its owner locks.
/// </summary>
/// <param name="generationSize">Entries of one generation, 1 or more.</param>
internal sealed class RecentMap<TKey, TValue>(int generationSize)
    where TKey : notnull
{
    private Dictionary<TKey, TValue> _young = [];
    private Dictionary<TKey, TValue> _old = [];

    public int Count => _young.Count + _old.Count;

    /// <summary>Finds an entry and keeps it for another generation.</summary>
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

    /// <summary>Adds an entry, or gives it another value.</summary>
    public void Set(TKey key, TValue value)
    {
        if (_young.Count >= generationSize && !_young.ContainsKey(key))
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        _old.Remove(key);
        _young[key] = value;
    }
}
