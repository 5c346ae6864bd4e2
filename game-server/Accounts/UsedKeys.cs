namespace Game.GameServer.Accounts;

/// <summary>
/// The idempotency keys of the last logins and what they were used for: a key that comes with something else names another action and is refused. Two generations
/// bound it: when the young one is full it becomes the old one. Thread-safe.
/// </summary>
internal sealed class UsedKeys
{
    // Some 70 bytes each: 9 MB at most in both generations, and the logins of minutes on a busy server.
    private const int GenerationSize = 65_536;

    private readonly Lock gate = new();
    private Dictionary<Guid, UInt128> young = [];
    private Dictionary<Guid, UInt128> old = [];

    /// <summary>False where the key was used for another attempt.</summary>
    public bool TryUse(LoginAttempt attempt)
    {
        lock (gate)
        {
            if (young.TryGetValue(attempt.IdempotencyKey, out UInt128 used) || old.TryGetValue(attempt.IdempotencyKey, out used))
                return used == attempt.Content;
            if (young.Count == GenerationSize)
                (old, young) = (young, []);
            young.Add(attempt.IdempotencyKey, attempt.Content);
            return true;
        }
    }
}
