using System.Diagnostics;

namespace Broker.Server.Groups.State;

/// <summary>
/// One group: members, generation, offsets. Only its shard touches it, one event at a time; the rules decide what each event does.
/// </summary>
internal sealed class Group(string id)
{
    /// <summary>The protocol type of consumers, whose subscriptions the broker can read.</summary>
    public const string ConsumerProtocolType = "consumer";

    private const long Never = long.MaxValue;

    private readonly OrderedDictionary<string, Member> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _staticIds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _pendingMembers = new(StringComparer.Ordinal);

    public string Id { get; } = id;

    public GroupState State { get; private set; } = GroupState.Empty;

    /// <summary>Epoch ms at which the state was entered; -1 unknown, from records of old brokers.</summary>
    public long StateSinceMs { get; set; } = -1;

    /// <summary>Counts the rebalances from 1; 0 before the first.</summary>
    public int Generation { get; set; }

    /// <summary>Null before the first member, and for groups that only keep offsets.</summary>
    public string? ProtocolType { get; set; }

    /// <summary>What this generation's members have agreed on.</summary>
    public string? ProtocolName { get; set; }

    public string? LeaderId { get; set; }

    /// <summary>Topics that consumers have subscribed to; null where the broker does not know them.</summary>
    public IReadOnlySet<string>? SubscribedTopics { get; set; }

    /// <summary>When the waiting for joins ends.</summary>
    public long JoinDeadline { get; set; } = Never;

    /// <summary>Whether that is an empty group's waiting for first members, which nothing cuts short.</summary>
    public bool IsInitialDelay { get; set; }

    /// <summary>How long the current part of the initial delay is, and how much may be added to it, in ms.</summary>
    public (int CurrentMs, int LeftMs) InitialDelay { get; set; }

    /// <summary>Whether a member joined during the current part of the initial delay.</summary>
    public bool HasNewcomers { get; set; }

    /// <summary>When members that have not sent SyncGroup are removed.</summary>
    public long SyncDeadline { get; set; } = Never;

    /// <summary>Members of this generation that have not asked for their assignment yet.</summary>
    public HashSet<string> AwaitedSyncs { get; } = new(StringComparer.Ordinal);

    public GroupOffsets Offsets { get; } = new();

    /// <summary>In the order in which they joined.</summary>
    public IReadOnlyList<Member> Members => [.. _members.Values];

    public int Size => _members.Count;

    public int AwaitingJoin => _members.Values.Count(member => member.Joining is not null);

    /// <summary>The number of member ids that the broker has assigned and no member has joined with yet.</summary>
    public int PendingCount => _pendingMembers.Count;

    public bool IsConsumerGroup => ProtocolType == ConsumerProtocolType;

    public bool AllHaveJoined => _pendingMembers.Count == 0 && AwaitingJoin == Size;

    /// <summary>The longest among the members.</summary>
    public int RebalanceTimeoutMs => _members.Count == 0 ? 0 : _members.Values.Max(member => member.RebalanceTimeoutMs);

    /// <summary>The earliest moment at which <see cref="Wake"/> asked to be woken.</summary>
    public long WakeAt { get; set; } = Never;

    public Member? Find(string memberId) => _members.GetValueOrDefault(memberId);

    public Member? Leader => LeaderId is null ? null : Find(LeaderId);

    public string? StaticMemberId(string instanceId) => _staticIds.GetValueOrDefault(instanceId);

    public bool IsPending(string memberId) => _pendingMembers.ContainsKey(memberId);

    public void Enter(GroupState next, Moment now)
    {
        Debug.Assert(GroupStates.MayFollow(State, next), $"no way leads from {State} to {next}");
        State = next;
        StateSinceMs = now.WallMs;
    }

    /// <summary>Only for a group read from the log.</summary>
    public void Restore(GroupState state) => State = state;

    public void Add(Member member)
    {
        Debug.Assert(member.InstanceId is null || !_staticIds.ContainsKey(member.InstanceId), "an instance has one member");
        if (member.InstanceId is not null)
        {
            _staticIds[member.InstanceId] = member.Id;
        }
        LeaderId ??= member.Id;
        _members[member.Id] = member;
        _pendingMembers.Remove(member.Id);
    }

    /// <summary>Removes a member or a pending member id, if there is one.</summary>
    public void Remove(string memberId)
    {
        if (_members.Remove(memberId, out Member? member) && member.InstanceId is not null)
        {
            _staticIds.Remove(member.InstanceId);
        }
        if (LeaderId == memberId)
        {
            LeaderId = _members.Count == 0 ? null : _members.GetAt(0).Key;
        }
        _pendingMembers.Remove(memberId);
        AwaitedSyncs.Remove(memberId);
    }

    /// <summary>Replaces the id of a static member; it keeps its position and its leadership.</summary>
    public void Rename(Member member, string newId)
    {
        Debug.Assert(member.InstanceId is not null, "only static members are replaced");
        int at = _members.IndexOf(member.Id);
        _members.RemoveAt(at);
        if (LeaderId == member.Id)
        {
            LeaderId = newId;
        }
        if (AwaitedSyncs.Remove(member.Id))
        {
            AwaitedSyncs.Add(newId);
        }
        member.Id = newId;
        _members.Insert(at, newId, member);
        _staticIds[member.InstanceId!] = newId;
    }

    /// <summary>Adds a pending member id, which is valid until a member joins with it or it expires.</summary>
    public void AddPending(string memberId, long expiresAt)
    {
        _pendingMembers[memberId] = expiresAt;
        Wake(expiresAt);
    }

    public IReadOnlyList<string> ExpiredPending(Moment now)
        => [.. _pendingMembers.Where(pending => pending.Value <= now.StampMs).Select(pending => pending.Key)];

    /// <summary>Whether the group has a common protocol with a member that supports these.</summary>
    public bool Accepts(string protocolType, IReadOnlyList<MemberProtocol> protocols) => State == GroupState.Empty
        ? protocolType.Length > 0 && protocols.Count > 0
        : protocolType == ProtocolType && protocols.Any(protocol => _members.Values.All(member => member.Knows(protocol.Name)));

    /// <summary>
    /// The protocol that all members support and most prefer; of equals, the one whose first voter joined first. There always is one, as a member without a
    /// common protocol is refused.
    /// </summary>
    public string Vote()
    {
        IEnumerable<string> candidates = _members.GetAt(0).Value.Protocols.Select(protocol => protocol.Name);
        HashSet<string> common = new(candidates.Where(name => _members.Values.All(member => member.Knows(name))), StringComparer.Ordinal);
        return _members.Values
            .Select(member => member.Protocols.First(protocol => common.Contains(protocol.Name)).Name)
            .GroupBy(name => name, StringComparer.Ordinal)
            .MaxBy(votes => votes.Count())!.Key;
    }

    /// <summary>Restarts the member's session.</summary>
    public void Touch(Member member, Moment now) => ExpireAt(member, now.StampMs + member.SessionTimeoutMs);

    public void ExpireAt(Member member, long stampMs)
    {
        member.ExpiresAt = stampMs;
        Wake(stampMs);
    }

    /// <summary>Requests a wake-up at a time; an earlier request stays.</summary>
    public void Wake(long stampMs) => WakeAt = Math.Min(WakeAt, stampMs);

    /// <summary>The earliest of all time-outs.</summary>
    public long EarliestDeadline()
    {
        long earliest = Math.Min(JoinDeadline, SyncDeadline);
        foreach (Member member in _members.Values)
        {
            earliest = Math.Min(earliest, member.Deadline);
        }
        foreach (long expiry in _pendingMembers.Values)
        {
            earliest = Math.Min(earliest, expiry);
        }
        return earliest;
    }
}
