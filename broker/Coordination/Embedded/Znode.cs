using System.Collections.Immutable;

namespace Broker.Coordination.Embedded;

/// <summary>One znode's value; replaced whole when something about it changes.</summary>
/// <param name="Creates">How many children were ever created: the next sequence number.</param>
internal sealed record Znode(
    byte[]? Data, long Czxid, long Mzxid, long Pzxid, long Ctime, long Mtime, int Version, int Creates, long EphemeralOwner,
    ImmutableSortedSet<string> Children)
{
    internal static readonly ImmutableSortedSet<string> NoChildren = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    internal static readonly Znode Root = new(null, 0, 0, 0, 0, 0, 0, 0, 0, NoChildren);

    /// <summary>ZooKeeper counts creations only and derives the number of changes from it: every creation that is no longer a child was deleted.</summary>
    internal int Cversion => (Creates * 2) - Children.Count;

    internal Stat Stat => new(Czxid, Mzxid, Pzxid, Ctime, Mtime, Version, Cversion, EphemeralOwner, Data?.Length ?? 0, Children.Count);
}
