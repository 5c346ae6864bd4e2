namespace Broker.Coordination.Embedded;

/// <summary>What one transaction does to one znode.</summary>
internal abstract record Effect(string Path)
{
    internal sealed record Created(string Path, byte[]? Data, long EphemeralOwner) : Effect(Path);

    internal sealed record Changed(string Path, byte[]? Data) : Effect(Path);

    internal sealed record Deleted(string Path) : Effect(Path);
}

/// <summary>The effects of one commit, as they are journaled and replayed; conditions have been checked before.</summary>
internal sealed record Transaction(long Zxid, long Time, IReadOnlyList<Effect> Effects);
