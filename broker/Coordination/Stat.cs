namespace Broker.Coordination;

/// <summary>A znode's bookkeeping, with ZooKeeper's names.</summary>
/// <param name="Czxid">The transaction that created the znode.</param>
/// <param name="Mzxid">The transaction that last set its data.</param>
/// <param name="Pzxid">The transaction that last created or deleted a child.</param>
/// <param name="Ctime">When it was created, milliseconds since the epoch.</param>
/// <param name="Mtime">When its data was last set, milliseconds since the epoch.</param>
/// <param name="Version">How often its data was set.</param>
/// <param name="Cversion">How often a child was created or deleted.</param>
/// <param name="EphemeralOwner">The session it lives with, or 0.</param>
/// <param name="DataLength">Bytes of data; 0 also for none.</param>
/// <param name="NumChildren">The number of children.</param>
public readonly record struct Stat(
    long Czxid, long Mzxid, long Pzxid, long Ctime, long Mtime, int Version, int Cversion, long EphemeralOwner, int DataLength, int NumChildren);
