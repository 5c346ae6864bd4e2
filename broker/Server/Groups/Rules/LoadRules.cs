using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>Restores groups from the log, and ends them when this broker no longer leads their partition.</summary>
internal static class LoadRules
{
    /// <summary>Makes a group from its last generation record: Stable if it has members, else Empty.</summary>
    public static Group Restore(string groupId, GroupMetadataValue value)
    {
        Group group = new(groupId)
        {
            Generation = value.Generation,
            ProtocolType = value.ProtocolType.Length == 0 ? null : value.ProtocolType,
            ProtocolName = value.Protocol,
            StateSinceMs = value.CurrentStateTimestamp,
        };
        group.Restore(value.Members.Length == 0 ? GroupState.Empty : GroupState.Stable);
        foreach (GroupMetadataValue.MemberMetadata member in value.Members)
        {
            group.Add(MemberOf(member, value.Protocol));
        }
        group.LeaderId = value.Leader;
        group.SubscribedTopics = RebalanceRules.SubscribedTopics(group);
        return group;
    }

    /// <summary>Starts all sessions again. A group larger than group.max.size rebalances, so that its members can commit before some of them are
    /// refused.</summary>
    public static void Loaded(Group group, in EventContext context)
    {
        if (group.Size > context.Limits.MaxGroupSize)
        {
            RebalanceRules.Prepare(group, "the group is larger than group.max.size", context);
        }
        foreach (Member member in group.Members)
        {
            group.Touch(member, context.Now);
        }
    }

    public static void Unloaded(Group group, ErrorCode error, in EventContext context)
    {
        foreach (Member member in group.Members)
        {
            JoinRules.AnswerJoin(member, JoinResult.Failed(error, member.Id), context);
            SyncRules.AnswerSync(member, new SyncResult(error), context);
        }

        group.Enter(GroupState.Dead, context.Now);
    }

    private static Member MemberOf(GroupMetadataValue.MemberMetadata member, string? protocol) => new()
    {
        Id = member.MemberId,
        InstanceId = member.GroupInstanceId,
        ClientId = member.ClientId,
        ClientHost = member.ClientHost,
        SessionTimeoutMs = member.SessionTimeout,
        RebalanceTimeoutMs = member.RebalanceTimeout < 0 ? member.SessionTimeout : member.RebalanceTimeout,
        Protocols = [new MemberProtocol(protocol ?? "", member.Subscription)],
        Assignment = member.Assignment,
    };
}
