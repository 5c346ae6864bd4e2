using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>
/// What a group does on every event: the group and the turn in, the changed group and the turn's effects out. No sockets, files or clocks;
/// the same events give the same effects.
/// </summary>
internal static class GroupRules
{
    /// <summary>Takes one event. Only the group's shard calls.</summary>
    public static void Handle(Group group, GroupEvent happening, in Turn turn)
    {
        if (happening is GroupRequest request)
        {
            HandleRequest(group, request, turn);
        }
        else
        {
            HandleInner(group, happening, turn);
        }
    }

    private static void HandleRequest(Group group, GroupRequest request, in Turn turn)
    {
        switch (request)
        {
            case JoinRequest join: JoinRules.Handle(group, join, turn); break;
            case SyncRequest sync: SyncRules.Handle(group, sync, turn); break;
            case BeatRequest heartbeat: MemberRules.Handle(group, heartbeat, turn); break;
            case LeaveRequest leave: MemberRules.Handle(group, leave, turn); break;
            case CommitRequest commit: CommitRules.Handle(group, commit, turn); break;
            case FetchOffsetsRequest fetch: Views.Handle(group, fetch, turn); break;
            case DescribeRequest describe: Views.Handle(group, describe, turn); break;
            case DeleteOffsetsRequest delete: DeletionRules.Handle(group, delete, turn); break;
            case DeleteGroupRequest delete: DeletionRules.Handle(group, delete, turn); break;
        }
    }

    private static void HandleInner(Group group, GroupEvent happening, in Turn turn)
    {
        switch (happening)
        {
            case DeadlinePassed: DeadlineRules.Handle(group, turn); break;
            case AppendEnded ended: AppendRules.Handle(group, ended, turn); break;
            case OffsetsMayExpire: DeletionRules.Expire(group, turn); break;
            case PartitionsDeleted deleted: DeletionRules.Forget(group, deleted.Topics, turn); break;
            case GroupLoaded: LoadRules.Loaded(group, turn); break;
            case GroupUnloaded unloaded: LoadRules.Unloaded(group, unloaded.Error, turn); break;
        }
    }

    /// <summary>Whether a request comes from the member that it says: the instance's present member, and one that is there.</summary>
    public static ErrorCode CheckMember(Group group, string memberId, string? instanceId)
    {
        if (instanceId is not null)
        {
            string? current = group.StaticMemberId(instanceId);
            if (current is null)
            {
                return ErrorCode.UnknownMemberId;
            }
            if (current != memberId)
            {
                return ErrorCode.FencedInstanceId;
            }
        }

        return group.Find(memberId) is null ? ErrorCode.UnknownMemberId : ErrorCode.None;
    }
}
