namespace Broker.Server.Groups.State;

/// <summary>A protocol that a member can follow, with the member's metadata for it, which the broker does not read.</summary>
internal sealed record MemberProtocol(string Name, byte[] Metadata);

/// <summary>One member of a group. Only its group's shard touches it.</summary>
internal sealed class Member
{
    public required string Id { get; set; }

    /// <summary>The name that a static member keeps over restarts (KIP-345); null of a dynamic member.</summary>
    public string? InstanceId { get; init; }

    public required string ClientId { get; init; }

    /// <summary>The client's address as Java prints it: "/127.0.0.1".</summary>
    public required string ClientHost { get; init; }

    public int SessionTimeoutMs { get; set; }

    public int RebalanceTimeoutMs { get; set; }

    /// <summary>In the order of the member's preference.</summary>
    public IReadOnlyList<MemberProtocol> Protocols { get; set; } = [];

    /// <summary>What the leader gave it in this generation; empty before.</summary>
    public byte[] Assignment { get; set; } = [];

    /// <summary>True until its first generation is made: it cannot send heartbeats before, as it does not know its id for sure.</summary>
    public bool IsNew { get; set; }

    /// <summary>Its unanswered JoinGroup.</summary>
    public Reply<JoinResult>? Joining { get; set; }

    /// <summary>Its unanswered SyncGroup.</summary>
    public Reply<SyncResult>? Syncing { get; set; }

    /// <summary>Monotonic milliseconds at which it counts as lost.</summary>
    public long ExpiresAt { get; set; } = long.MaxValue;

    public bool IsStatic => InstanceId is not null;

    /// <summary>When the member expires. A member that waits for an answer cannot send heartbeats, so its session does not run. A new member's time-out always
    /// runs, so that clients that have gone away do not stay for ever.</summary>
    public long Deadline => !IsNew && (Joining is not null || Syncing is not null) ? long.MaxValue : ExpiresAt;

    /// <summary>Its metadata for a protocol; empty when it does not support the protocol.</summary>
    public byte[] MetadataFor(string? protocol)
    {
        foreach (MemberProtocol own in Protocols)
        {
            if (own.Name == protocol)
            {
                return own.Metadata;
            }
        }

        return [];
    }

    public bool Knows(string protocol) => Protocols.Any(own => own.Name == protocol);

    /// <summary>Whether it has offered exactly these, in this order and with these bytes.</summary>
    public bool Offers(IReadOnlyList<MemberProtocol> protocols)
    {
        if (protocols.Count != Protocols.Count)
        {
            return false;
        }
        for (int i = 0; i < protocols.Count; i++)
        {
            if (protocols[i].Name != Protocols[i].Name || !protocols[i].Metadata.AsSpan().SequenceEqual(Protocols[i].Metadata))
            {
                return false;
            }
        }

        return true;
    }
}
