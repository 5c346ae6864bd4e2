using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>JoinGroup: decides who may join, under which id, and whether a rebalance begins.</summary>
internal static class JoinRules
{
    public static void Handle(Group group, JoinRequest join, in EventContext context)
    {
        if (!IsRoomFor(group, join.MemberId, context.Limits.MaxGroupSize))
        {
            group.Remove(join.MemberId);
            Refuse(join, ErrorCode.GroupMaxSizeReached, "", context);
        }
        else if (group.State == GroupState.Dead)
        {
            Refuse(join, ErrorCode.CoordinatorNotAvailable, join.MemberId, context);
        }
        else if (!group.Accepts(join.ProtocolType, join.Protocols))
        {
            Refuse(join, ErrorCode.InconsistentGroupProtocol, join.MemberId, context);
        }
        else if (join.MemberId.Length == 0)
        {
            JoinNew(group, join, context);
        }
        else
        {
            JoinAgain(group, join, context);
        }
        RebalanceRules.TryComplete(group, context);
    }

    /// <summary>The answer that gives a member the current generation.</summary>
    public static JoinResult Generation(Group group, Member member, bool withMembers) => new(ErrorCode.None, member.Id)
    {
        Generation = group.Generation,
        ProtocolType = group.ProtocolType,
        ProtocolName = group.ProtocolName,
        LeaderId = group.LeaderId ?? "",
        Members = withMembers ? MembersOf(group) : [],
    };

    /// <summary>Answers the member's waiting JoinGroup, if there is one.</summary>
    public static void AnswerJoin(Member member, JoinResult result, in EventContext context)
    {
        if (member.Joining is null)
        {
            return;
        }
        context.Effects.Answer(member.Joining, result);
        member.Joining = null;
    }

    private static IReadOnlyList<JoinedMember> MembersOf(Group group) =>
        [.. group.Members.Select(member => new JoinedMember(member.Id, member.InstanceId, member.MetadataFor(group.ProtocolName)))];

    /// <summary>
    /// During PreparingRebalance only members with a waiting JoinGroup count, so that a group that is too large refuses the last to join; members that do not
    /// rejoin are removed when the rebalance completes.
    /// </summary>
    private static bool IsRoomFor(Group group, string memberId, int maxSize) => group.State switch
    {
        GroupState.PreparingRebalance => group.Find(memberId) is { Joining: not null } || group.AwaitingJoin < maxSize,
        GroupState.CompletingRebalance or GroupState.Stable => group.Find(memberId) is not null || group.Size < maxSize,
        _ => true,
    };

    private static void Refuse(JoinRequest join, ErrorCode error, string memberId, in EventContext context) =>
        context.Effects.Answer(join, JoinResult.Failed(error, memberId));

    private static void JoinNew(Group group, JoinRequest join, in EventContext context)
    {
        if (join.InstanceId is not null && group.StaticMemberId(join.InstanceId) is { } oldId)
        {
            Replace(group, group.Find(oldId)!, join, context);
        }
        else if (join.InstanceId is null && join.NeedsKnownMemberId)
        {
            if (group.PendingCount >= GroupLimits.MaxPendingMembers)
            {
                Refuse(join, ErrorCode.GroupMaxSizeReached, "", context);
                return;
            }

            group.AddPending(join.NewMemberId, context.Now.StampMs + join.SessionTimeoutMs);
            Refuse(join, ErrorCode.MemberIdRequired, join.NewMemberId, context);
        }
        else
        {
            Add(group, join, join.NewMemberId, context);
        }
    }

    private static void JoinAgain(Group group, JoinRequest join, in EventContext context)
    {
        // Only dynamic members get an id before they join.
        if (group.IsPending(join.MemberId) && join.InstanceId is null)
        {
            Add(group, join, join.MemberId, context);
            return;
        }

        ErrorCode error = GroupRules.CheckMember(group, join.MemberId, join.InstanceId);
        if (error == ErrorCode.None && group.State is GroupState.Empty or GroupState.Dead)
        {
            error = ErrorCode.UnknownMemberId;
        }
        if (error != ErrorCode.None)
        {
            Refuse(join, error, join.MemberId, context);
        }
        else
        {
            Rejoin(group, group.Find(join.MemberId)!, join, context);
        }
    }

    private static void Rejoin(Group group, Member member, JoinRequest join, in EventContext context)
    {
        bool isLeader = group.LeaderId == member.Id;
        bool same = member.Offers(join.Protocols);
        switch (group.State)
        {
            // The client has lost the answer to its first JoinGroup: the broker sends it again.
            case GroupState.CompletingRebalance when same:
                context.Effects.Answer(join, Generation(group, member, isLeader));
                break;

            // A leader that rejoins asks for a rebalance because something else has changed, such as the number of a topic's partitions.
            case GroupState.Stable when same && !isLeader:
                context.Effects.Answer(join, Generation(group, member, withMembers: false));
                break;

            default:
                Update(member, join, context);
                RebalanceRules.Prepare(group, "a member has rejoined", context);
                break;
        }
    }

    private static void Update(Member member, JoinRequest join, in EventContext context)
    {
        AnswerJoin(member, JoinResult.Failed(ErrorCode.RebalanceInProgress, member.Id), context);
        member.Protocols = join.Protocols;
        member.SessionTimeoutMs = join.SessionTimeoutMs;
        member.RebalanceTimeoutMs = join.RebalanceTimeoutMs;
        member.Joining = join.Reply;
    }

    private static void Add(Group group, JoinRequest join, string memberId, in EventContext context)
    {
        if (group.State == GroupState.PreparingRebalance && group.Generation == 0)
        {
            group.HasNewcomers = true;
        }
        if (group.Size == 0)
        {
            group.ProtocolType = join.ProtocolType;
        }
        Member member = new()
        {
            Id = memberId,
            InstanceId = join.InstanceId,
            ClientId = join.ClientId,
            ClientHost = join.ClientHost,
            SessionTimeoutMs = join.SessionTimeoutMs,
            RebalanceTimeoutMs = join.RebalanceTimeoutMs,
            Protocols = join.Protocols,
            IsNew = true,
            Joining = join.Reply,
        };
        group.Add(member);
        group.ExpireAt(member, context.Now.StampMs + GroupLimits.NewMemberJoinTimeoutMs);
        RebalanceRules.Prepare(group, "a member has joined", context);
    }

    /// <summary>A static member rejoins and gets a new id (KIP-345), which replaces the old one: requests with the old id are fenced.</summary>
    private static void Replace(Group group, Member member, JoinRequest join, in EventContext context)
    {
        MemberBefore before = new(member.Id, member.Protocols, member.SessionTimeoutMs, member.RebalanceTimeoutMs, group.LeaderId);
        AnswerJoin(member, JoinResult.Failed(ErrorCode.FencedInstanceId, member.Id), context);
        SyncRules.AnswerSync(member, new SyncResult(ErrorCode.FencedInstanceId), context);
        group.Rename(member, join.NewMemberId);
        Update(member, join, context);
        group.Touch(member, context.Now);
        context.Effects.Note(group, GroupIncidentKind.StaticMemberReplaced, member.InstanceId!);
        if (group.State == GroupState.Stable && group.Vote() == group.ProtocolName)
        {
            StoreReplaced(group, member, join, before, context);
        }
        else
        {
            RebalanceRules.Prepare(group, "a static member has rejoined under another id", context);
        }
    }

    private static void StoreReplaced(Group group, Member member, JoinRequest join, MemberBefore before, in EventContext context)
    {
        Dictionary<string, byte[]> assignments = group.Members.ToDictionary(m => m.Id, m => m.Assignment, StringComparer.Ordinal);
        context.Effects.Append([OffsetsTopic.Generation(group, assignments)], new StoreStaticMember(join, member, before));
    }
}
