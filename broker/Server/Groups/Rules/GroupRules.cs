using Broker.Protocol;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>
/// Decides what every event does to a group: changes the group and collects the effects. Uses no sockets, files or clocks, so the same events always give the
/// same effects.
/// </summary>
internal static class GroupRules
{
    /// <summary>Handles one event. Only the group's shard calls.</summary>
    public static void Handle(Group group, GroupEvent groupEvent, in EventContext context)
    {
        if (groupEvent is GroupRequest request)
        {
            HandleRequest(group, request, context);
        }
        else
        {
            HandleInner(group, groupEvent, context);
        }
    }

    private static void HandleRequest(Group group, GroupRequest request, in EventContext context)
    {
        switch (request)
        {
            case JoinRequest join: JoinRules.Handle(group, join, context); break;
            case SyncRequest sync: SyncRules.Handle(group, sync, context); break;
            case MemberHeartbeatRequest heartbeat: MemberRules.Handle(group, heartbeat, context); break;
            case LeaveRequest leave: MemberRules.Handle(group, leave, context); break;
            case CommitRequest commit: CommitRules.Handle(group, commit, context); break;
            case FetchOffsetsRequest fetch: Views.Handle(group, fetch, context); break;
            case DescribeRequest describe: Views.Handle(group, describe, context); break;
            case DeleteOffsetsRequest delete: DeletionRules.Handle(group, delete, context); break;
            case DeleteGroupRequest delete: DeletionRules.Handle(group, delete, context); break;
        }
    }

    private static void HandleInner(Group group, GroupEvent groupEvent, in EventContext context)
    {
        switch (groupEvent)
        {
            case DeadlinePassed: DeadlineRules.Handle(group, context); break;
            case AppendEnded ended: AppendRules.Handle(group, ended, context); break;
            case OffsetsMayExpire: DeletionRules.Expire(group, context); break;
            case PartitionsDeleted deleted: DeletionRules.Forget(group, deleted.Topics, context); break;
            case GroupLoaded: LoadRules.Loaded(group, context); break;
            case GroupUnloaded unloaded: LoadRules.Unloaded(group, unloaded.Error, context); break;
        }
    }

    /// <summary>Checks that the member exists and, for a static member, that its id is the instance's current one.</summary>
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
