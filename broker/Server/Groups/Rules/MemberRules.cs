using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>Heartbeat, LeaveGroup, and members whose session expires.</summary>
internal static class MemberRules
{
    public static void Handle(Group group, MemberHeartbeatRequest heartbeat, in EventContext context)
    {
        ErrorCode error = Check(group, heartbeat);
        if (error is ErrorCode.None or ErrorCode.RebalanceInProgress)
        {
            group.Touch(group.Find(heartbeat.MemberId)!, context.Now);
        }
        context.Effects.Answer(heartbeat, error);
    }

    public static void Handle(Group group, LeaveRequest leave, in EventContext context)
    {
        if (group.State == GroupState.Dead)
        {
            context.Effects.Answer(leave, new LeaveResult(ErrorCode.CoordinatorNotAvailable, []));
            return;
        }

        ErrorCode[] errors = new ErrorCode[leave.Members.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = Leave(group, leave.Members[i], context);
        }
        context.Effects.Answer(leave, new LeaveResult(ErrorCode.None, errors));
    }

    /// <summary>The member's session has expired.</summary>
    public static void Lost(Group group, Member member, in EventContext context)
    {
        context.Effects.Note(group, GroupIncidentKind.MemberLost, member.Id);
        Remove(group, member, "the session of a member has expired", context);
    }

    /// <summary>A pending member id has expired.</summary>
    public static void RemovePending(Group group, string memberId, in EventContext context)
    {
        group.Remove(memberId);
        RebalanceRules.TryComplete(group, context);
    }

    private static ErrorCode Check(Group group, MemberHeartbeatRequest heartbeat)
    {
        if (group.State == GroupState.Dead)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }
        ErrorCode error = GroupRules.CheckMember(group, heartbeat.MemberId, heartbeat.InstanceId);
        if (error != ErrorCode.None)
        {
            return error;
        }
        if (heartbeat.Generation != group.Generation)
        {
            return ErrorCode.IllegalGeneration;
        }
        return group.State switch
        {
            GroupState.Empty => ErrorCode.UnknownMemberId,
            GroupState.PreparingRebalance => ErrorCode.RebalanceInProgress,
            _ => ErrorCode.None,
        };
    }

    private static ErrorCode Leave(Group group, in LeavingMember leaving, in EventContext context)
    {
        // An operator names the instance only.
        string memberId = leaving.MemberId;
        if (memberId.Length == 0)
        {
            if (leaving.InstanceId is null || group.StaticMemberId(leaving.InstanceId) is not { } current)
            {
                return ErrorCode.UnknownMemberId;
            }
            memberId = current;
        }
        else if (group.IsPending(memberId))
        {
            RemovePending(group, memberId, context);
            return ErrorCode.None;
        }

        ErrorCode error = GroupRules.CheckMember(group, memberId, leaving.InstanceId);
        if (error != ErrorCode.None)
        {
            return error;
        }
        context.Effects.Note(group, GroupIncidentKind.MemberRemoved, memberId);
        Remove(group, group.Find(memberId)!, "a member has left", context);
        return ErrorCode.None;
    }

    private static void Remove(Group group, Member member, string why, in EventContext context)
    {
        // A client that still waits joins again without an id.
        JoinRules.AnswerJoin(member, JoinResult.Failed(ErrorCode.UnknownMemberId, ""), context);
        SyncRules.AnswerSync(member, new SyncResult(ErrorCode.UnknownMemberId), context);
        group.Remove(member.Id);
        if (group.State == GroupState.PreparingRebalance)
        {
            RebalanceRules.TryComplete(group, context);
        }
        else if (group.State is GroupState.Stable or GroupState.CompletingRebalance)
        {
            RebalanceRules.Prepare(group, why, context);
        }
    }
}
