using System.Diagnostics;

namespace Broker.Server.Groups.State;

/// <summary>
/// One group: members, generation, offsets. Only its shard touches it, one event at a time; what happens on which event is in the rules.
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

    /// <summary>Topics that consumers have subscribed to; null where the broker cannot tell.</summary>
    public IReadOnlySet<string>? SubscribedTopics { get; set; }

    /// <summary>When the waiting for joins ends.</summary>
    public long JoinDeadline { get; set; } = Never;

    /// <summary>Whether that is an empty group's waiting for first members, which nothing cuts short.</summary>
    public bool IsInitialDelay { get; set; }

    /// <summary>How long the current part of the initial delay is, and how much may be added to it, in ms.</summary>
    public (int CurrentMs, int LeftMs) InitialDelay { get; set; }

    /// <summary>Whether somebody came during the initial delay.</summary>
    public bool HasNewcomers { get; set; }

    /// <summary>When members that have not synced are given up.</summary>
    public long SyncDeadline { get; set; } = Never;

    /// <summary>Members of this generation that have not asked for their assignment yet.</summary>
    public HashSet<string> AwaitedSyncs { get; } = new(StringComparer.Ordinal);

    public GroupOffsets Offsets { get; } = new();

    /// <summary>In the order of their coming.</summary>
    public IReadOnlyList<Member> Members => [.. _members.Values];

    public int Size => _members.Count;

    public int AwaitingJoin => _members.Values.Count(member => member.Joining is not null);

    /// <summary>Ids that were given out and not used yet.</summary>
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

    /// <summary>Forgets a member or an id given out; without it there is nothing to do.</summary>
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

    /// <summary>Gives a static member another id, in its place; leadership goes along.</summary>
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

    /// <summary>Remembers an id that was given out, until it is used or its time is over.</summary>
    public void AddPending(string memberId, long expiresAt)
    {
        _pendingMembers[memberId] = expiresAt;
        Wake(expiresAt);
    }

    public IReadOnlyList<string> ExpiredPending(Moment now)
        => [.. _pendingMembers.Where(pending => pending.Value <= now.StampMs).Select(pending => pending.Key)];

    /// <summary>Whether a member with these protocols can live with the others.</summary>
    public bool Accepts(string protocolType, IReadOnlyList<MemberProtocol> protocols) => State == GroupState.Empty
        ? protocolType.Length > 0 && protocols.Count > 0
        : protocolType == ProtocolType && protocols.Any(protocol => _members.Values.All(member => member.Knows(protocol.Name)));

    /// <summary>
    /// The protocol that all members know and most put first; of equals, the one whose first voter came first. There is one, as nobody is let in who shares
    /// none.
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

    /// <summary>The member's session starts anew.</summary>
    public void Touch(Member member, Moment now) => ExpireAt(member, now.StampMs + member.SessionTimeoutMs);

    public void ExpireAt(Member member, long stampMs)
    {
        member.ExpiresAt = stampMs;
        Wake(stampMs);
    }

    /// <summary>Asks to be woken at a moment; an earlier wish stays.</summary>
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
