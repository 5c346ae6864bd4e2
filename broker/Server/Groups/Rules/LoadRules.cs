using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>How a group comes from the log, and how it goes when another broker leads its partition.</summary>
internal static class LoadRules
{
    /// <summary>A group as its last generation's record has it: stable with members, empty without.</summary>
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

    /// <summary>Sessions begin anew; a group over its size is rebalanced, so that its members may commit before some are turned away.</summary>
    public static void Loaded(Group group, in Turn turn)
    {
        if (group.Size > turn.Limits.MaxGroupSize)
        {
            RebalanceRules.Prepare(group, "the group is larger than group.max.size", turn);
        }
        foreach (Member member in group.Members)
        {
            group.Touch(member, turn.Now);
        }
    }

    public static void Unloaded(Group group, ErrorCode error, in Turn turn)
    {
        foreach (Member member in group.Members)
        {
            JoinRules.AnswerJoin(member, JoinResult.Failed(error, member.Id), turn);
            SyncRules.AnswerSync(member, new SyncResult(error), turn);
        }

        group.Enter(GroupState.Dead, turn.Now);
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
