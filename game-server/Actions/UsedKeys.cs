namespace Game.GameServer.Actions;

/// <summary>
/// The idempotency keys of the last actions of one kind and what they were used for: a key that comes with something else names another action and is refused. Two
/// generations bound it: when the young one is full it becomes the old one. Thread-safe.
/// </summary>
internal sealed class UsedKeys
{
    // Some 70 bytes each: 9 MB at most in both generations. The logins of minutes on a busy server; of trades, the last 13 seconds at 5,000 a second, in which
    // a sender that got no answer has tried again.
    private const int GenerationSize = 65_536;

    private readonly Lock gate = new();
    private Dictionary<Guid, UInt128> young = [];
    private Dictionary<Guid, UInt128> old = [];

    /// <summary>False where the key was used for something else.</summary>
    /// <param name="key">The sender's key.</param>
    /// <param name="content">A digest of what came with it.</param>
    public bool TryUse(Guid key, UInt128 content)
    {
        lock (gate)
        {
            if (young.TryGetValue(key, out UInt128 used) || old.TryGetValue(key, out used))
                return used == content;
            if (young.Count == GenerationSize)
                (old, young) = (young, []);
            young.Add(key, content);
            return true;
        }
    }
}
