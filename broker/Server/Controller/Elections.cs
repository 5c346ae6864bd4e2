namespace Broker.Server.Controller;

/// <summary>Why a leader is elected.</summary>
internal enum ElectionKind
{
    /// <summary>The partition has no leader, or its leader has died.</summary>
    Offline,

    /// <summary>The same, and an administrator lets a replica out of sync lead.</summary>
    Unclean,

    /// <summary>Its leader is to be the first replica of its assignment.</summary>
    Preferred,

    /// <summary>Its replicas are being replaced.</summary>
    Reassign,

    /// <summary>Its leader's broker is going down in order.</summary>
    ControlledShutdown,
}

/// <summary>The outcome of an election.</summary>
/// <param name="IsUnclean">The leader was not in sync: acknowledged records may be lost.</param>
internal sealed record Elected(int Leader, int[] Isr, bool IsUnclean = false);

/// <summary>Kafka's election rules; pure. Null where no replica can lead.</summary>
internal static class Elections
{
    /// <summary>The first live replica in sync; where there is none and it is allowed, the first live one.</summary>
    internal static Elected? Offline(int[] replicas, int[] isr, Func<int, bool> isLive, bool uncleanAllowed)
    {
        if (FirstOf(replicas, replica => isLive(replica) && isr.Contains(replica)) is { } leader)
        {
            return new Elected(leader, Array.FindAll(isr, member => isLive(member)));
        }
        return uncleanAllowed && FirstOf(replicas, isLive) is { } unclean ? new Elected(unclean, [unclean], IsUnclean: true) : null;
    }

    /// <summary>The first replica of the assignment, when it lives and is in sync.</summary>
    internal static Elected? Preferred(int[] replicas, int[] isr, Func<int, bool> isLive) =>
        replicas.Length > 0 && isLive(replicas[0]) && isr.Contains(replicas[0]) ? new Elected(replicas[0], isr) : null;

    /// <summary>The first of the replicas to be that lives and is in sync.</summary>
    internal static Elected? Reassign(int[] targets, int[] isr, Func<int, bool> isLive) =>
        FirstOf(targets, replica => isLive(replica) && isr.Contains(replica)) is { } leader ? new Elected(leader, isr) : null;

    /// <summary>The first replica that lives, is in sync and is not going down; those going down leave the in-sync replicas.</summary>
    internal static Elected? ControlledShutdown(int[] replicas, int[] isr, Func<int, bool> isLive, IReadOnlySet<int> shuttingDown) =>
        FirstOf(replicas, replica => isLive(replica) && isr.Contains(replica) && !shuttingDown.Contains(replica)) is { } leader
            ? new Elected(leader, Array.FindAll(isr, member => !shuttingDown.Contains(member)))
            : null;

    private static int? FirstOf(int[] replicas, Func<int, bool> fits)
    {
        foreach (int replica in replicas)
        {
            if (fits(replica))
            {
                return replica;
            }
        }

        return null;
    }
}
