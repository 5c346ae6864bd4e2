using Broker.Protocol;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>JoinGroup: who may come in, under which id, and whether it makes a rebalance.</summary>
internal static class JoinRules
{
    public static void Handle(Group group, JoinRequest join, in Turn turn)
    {
        if (!IsRoomFor(group, join.MemberId, turn.Limits.MaxGroupSize))
        {
            group.Remove(join.MemberId);
            Refuse(join, ErrorCode.GroupMaxSizeReached, "", turn);
        }
        else if (group.State == GroupState.Dead)
        {
            Refuse(join, ErrorCode.CoordinatorNotAvailable, join.MemberId, turn);
        }
        else if (!group.Accepts(join.ProtocolType, join.Protocols))
        {
            Refuse(join, ErrorCode.InconsistentGroupProtocol, join.MemberId, turn);
        }
        else if (join.MemberId.Length == 0)
        {
            JoinNew(group, join, turn);
        }
        else
        {
            JoinAgain(group, join, turn);
        }
        RebalanceRules.TryComplete(group, turn);
    }

    /// <summary>The present generation as a member is told of it.</summary>
    public static JoinResult Generation(Group group, Member member, bool withMembers) => new(ErrorCode.None, member.Id)
    {
        Generation = group.Generation,
        ProtocolType = group.ProtocolType,
        ProtocolName = group.ProtocolName,
        LeaderId = group.LeaderId ?? "",
        Members = withMembers ? MembersOf(group) : [],
    };

    /// <summary>Puts the member's unanswered JoinGroup aside: a client that sends another does not wait for the first any more.</summary>
    public static void AnswerJoin(Member member, JoinResult result, in Turn turn)
    {
        if (member.Joining is null)
        {
            return;
        }
        turn.Effects.Answer(member.Joining, result);
        member.Joining = null;
    }

    private static IReadOnlyList<JoinedMember> MembersOf(Group group) =>
        [.. group.Members.Select(member => new JoinedMember(member.Id, member.InstanceId, member.MetadataFor(group.ProtocolName)))];

    /// <summary>
    /// While a rebalance is prepared the number of those who wait counts, so that a group that is too large loses whoever comes last; members that have not
    /// come back are removed at its end anyhow.
    /// </summary>
    private static bool IsRoomFor(Group group, string memberId, int maxSize) => group.State switch
    {
        GroupState.PreparingRebalance => group.Find(memberId) is { Joining: not null } || group.AwaitingJoin < maxSize,
        GroupState.CompletingRebalance or GroupState.Stable => group.Find(memberId) is not null || group.Size < maxSize,
        _ => true,
    };

    private static void Refuse(JoinRequest join, ErrorCode error, string memberId, in Turn turn) =>
        turn.Effects.Answer(join, JoinResult.Failed(error, memberId));

    private static void JoinNew(Group group, JoinRequest join, in Turn turn)
    {
        if (join.InstanceId is not null && group.StaticMemberId(join.InstanceId) is { } oldId)
        {
            Replace(group, group.Find(oldId)!, join, turn);
        }
        else if (join.InstanceId is null && join.NeedsKnownMemberId)
        {
            if (group.PendingCount >= GroupLimits.MaxPendingMembers)
            {
                Refuse(join, ErrorCode.GroupMaxSizeReached, "", turn);
                return;
            }

            group.AddPending(join.NewMemberId, turn.Now.StampMs + join.SessionTimeoutMs);
            Refuse(join, ErrorCode.MemberIdRequired, join.NewMemberId, turn);
        }
        else
        {
            Add(group, join, join.NewMemberId, turn);
        }
    }

    private static void JoinAgain(Group group, JoinRequest join, in Turn turn)
    {
        // Ids are given out to dynamic members only.
        if (group.IsPending(join.MemberId) && join.InstanceId is null)
        {
            Add(group, join, join.MemberId, turn);
            return;
        }

        ErrorCode error = GroupRules.CheckMember(group, join.MemberId, join.InstanceId);
        if (error == ErrorCode.None && group.State is GroupState.Empty or GroupState.Dead)
        {
            error = ErrorCode.UnknownMemberId;
        }
        if (error != ErrorCode.None)
        {
            Refuse(join, error, join.MemberId, turn);
        }
        else
        {
            Rejoin(group, group.Find(join.MemberId)!, join, turn);
        }
    }

    private static void Rejoin(Group group, Member member, JoinRequest join, in Turn turn)
    {
        bool isLeader = group.LeaderId == member.Id;
        bool same = member.Offers(join.Protocols);
        switch (group.State)
        {
            // The answer to its first JoinGroup was lost: it gets it again.
            case GroupState.CompletingRebalance when same:
                turn.Effects.Answer(join, Generation(group, member, isLeader));
                break;

            // A leader that comes back wants a rebalance: something has changed that members do not tell, such as the partitions of a topic.
            case GroupState.Stable when same && !isLeader:
                turn.Effects.Answer(join, Generation(group, member, withMembers: false));
                break;

            default:
                Update(member, join, turn);
                RebalanceRules.Prepare(group, "a member has come again", turn);
                break;
        }
    }

    private static void Update(Member member, JoinRequest join, in Turn turn)
    {
        AnswerJoin(member, JoinResult.Failed(ErrorCode.RebalanceInProgress, member.Id), turn);
        member.Protocols = join.Protocols;
        member.SessionTimeoutMs = join.SessionTimeoutMs;
        member.RebalanceTimeoutMs = join.RebalanceTimeoutMs;
        member.Joining = join.Reply;
    }

    private static void Add(Group group, JoinRequest join, string memberId, in Turn turn)
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
        group.ExpireAt(member, turn.Now.StampMs + GroupLimits.NewMemberJoinTimeoutMs);
        RebalanceRules.Prepare(group, "a member has come", turn);
    }

    /// <summary>A static member is back under a new id (KIP-345): it takes the old one's place, and whoever still uses the old id is shut out.</summary>
    private static void Replace(Group group, Member member, JoinRequest join, in Turn turn)
    {
        MemberBefore before = new(member.Id, member.Protocols, member.SessionTimeoutMs, member.RebalanceTimeoutMs, group.LeaderId);
        AnswerJoin(member, JoinResult.Failed(ErrorCode.FencedInstanceId, member.Id), turn);
        SyncRules.AnswerSync(member, new SyncResult(ErrorCode.FencedInstanceId), turn);
        group.Rename(member, join.NewMemberId);
        Update(member, join, turn);
        group.Touch(member, turn.Now);
        turn.Effects.Note(group, GroupIncidentKind.StaticMemberReplaced, member.InstanceId!);
        if (group.State == GroupState.Stable && group.Vote() == group.ProtocolName)
        {
            StoreReplaced(group, member, join, before, turn);
        }
        else
        {
            RebalanceRules.Prepare(group, "a static member has come back", turn);
        }
    }

    private static void StoreReplaced(Group group, Member member, JoinRequest join, MemberBefore before, in Turn turn)
    {
        Dictionary<string, byte[]> assignments = group.Members.ToDictionary(m => m.Id, m => m.Assignment, StringComparer.Ordinal);
        turn.Effects.Append([OffsetsTopic.Generation(group, assignments)], new StoreStaticMember(join, member, before));
    }
}
