using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>Heartbeat, LeaveGroup, and members that are lost.</summary>
internal static class MemberRules
{
    public static void Handle(Group group, BeatRequest heartbeat, in Turn turn)
    {
        ErrorCode error = Check(group, heartbeat);
        if (error is ErrorCode.None or ErrorCode.RebalanceInProgress)
        {
            group.Touch(group.Find(heartbeat.MemberId)!, turn.Now);
        }
        turn.Effects.Answer(heartbeat, error);
    }

    public static void Handle(Group group, LeaveRequest leave, in Turn turn)
    {
        if (group.State == GroupState.Dead)
        {
            turn.Effects.Answer(leave, new LeaveResult(ErrorCode.CoordinatorNotAvailable, []));
            return;
        }

        ErrorCode[] errors = new ErrorCode[leave.Members.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = Leave(group, leave.Members[i], turn);
        }
        turn.Effects.Answer(leave, new LeaveResult(ErrorCode.None, errors));
    }

    /// <summary>The member has not been heard of for too long.</summary>
    public static void Lost(Group group, Member member, in Turn turn)
    {
        turn.Effects.Note(group, GroupIncidentKind.MemberLost, member.Id);
        Remove(group, member, "a member is lost", turn);
    }

    /// <summary>An id that was given out will not be used.</summary>
    public static void RemovePending(Group group, string memberId, in Turn turn)
    {
        group.Remove(memberId);
        RebalanceRules.TryComplete(group, turn);
    }

    private static ErrorCode Check(Group group, BeatRequest heartbeat)
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

    private static ErrorCode Leave(Group group, in LeavingMember leaving, in Turn turn)
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
            RemovePending(group, memberId, turn);
            return ErrorCode.None;
        }

        ErrorCode error = GroupRules.CheckMember(group, memberId, leaving.InstanceId);
        if (error != ErrorCode.None)
        {
            return error;
        }
        turn.Effects.Note(group, GroupIncidentKind.MemberRemoved, memberId);
        Remove(group, group.Find(memberId)!, "a member has left", turn);
        return ErrorCode.None;
    }

    private static void Remove(Group group, Member member, string why, in Turn turn)
    {
        // Should its client still be there, it starts anew without an id.
        JoinRules.AnswerJoin(member, JoinResult.Failed(ErrorCode.UnknownMemberId, ""), turn);
        SyncRules.AnswerSync(member, new SyncResult(ErrorCode.UnknownMemberId), turn);
        group.Remove(member.Id);
        if (group.State == GroupState.PreparingRebalance)
        {
            RebalanceRules.TryComplete(group, turn);
        }
        else if (group.State is GroupState.Stable or GroupState.CompletingRebalance)
        {
            RebalanceRules.Prepare(group, why, turn);
        }
    }
}
