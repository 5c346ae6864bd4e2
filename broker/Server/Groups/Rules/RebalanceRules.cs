using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>A rebalance from its cause to the new generation.</summary>
internal static class RebalanceRules
{
    /// <summary>Begins a rebalance if the state allows one.</summary>
    public static void Prepare(Group group, string why, in EventContext context)
    {
        if (!GroupStates.MayFollow(group.State, GroupState.PreparingRebalance))
        {
            return;
        }
        bool wasEmpty = group.State == GroupState.Empty;
        if (group.State == GroupState.CompletingRebalance)
        {
            SyncRules.AbandonAssignment(group, ErrorCode.RebalanceInProgress, context);
        }
        group.AwaitedSyncs.Clear();
        group.SyncDeadline = long.MaxValue;
        group.Enter(GroupState.PreparingRebalance, context.Now);
        context.Effects.Note(group, GroupIncidentKind.RebalanceStarted, why);
        if (wasEmpty)
        {
            BeginInitialDelay(group, context);
        }
        else
        {
            WaitForJoins(group, context);
        }
        TryComplete(group, context);
    }

    /// <summary>Completes the rebalance when all members have joined, but never before the initial delay ends.</summary>
    public static void TryComplete(Group group, in EventContext context)
    {
        if (group.State == GroupState.PreparingRebalance && !group.IsInitialDelay && group.AllHaveJoined)
        {
            Complete(group, context);
        }
    }

    /// <summary>The time to join has expired.</summary>
    public static void JoinDeadlinePassed(Group group, in EventContext context)
    {
        if (group.IsInitialDelay && group.HasNewcomers && group.InitialDelay.LeftMs > 0)
        {
            (int currentMs, int leftMs) = group.InitialDelay;
            group.HasNewcomers = false;
            Delay(group, Math.Min(context.Limits.InitialRebalanceDelayMs, leftMs), Math.Max(leftMs - currentMs, 0), context);
        }
        else
        {
            Complete(group, context);
        }
    }

    private static void BeginInitialDelay(Group group, in EventContext context)
    {
        int delay = context.Limits.InitialRebalanceDelayMs;
        group.IsInitialDelay = true;
        group.HasNewcomers = false;
        Delay(group, delay, Math.Max(group.RebalanceTimeoutMs - delay, 0), context);
    }

    private static void Delay(Group group, int delayMs, int leftMs, in EventContext context)
    {
        group.InitialDelay = (delayMs, leftMs);
        group.JoinDeadline = context.Now.StampMs + delayMs;
        group.Wake(group.JoinDeadline);
    }

    private static void WaitForJoins(Group group, in EventContext context)
    {
        group.IsInitialDelay = false;
        group.JoinDeadline = context.Now.StampMs + group.RebalanceTimeoutMs;
        group.Wake(group.JoinDeadline);
    }

    private static void Complete(Group group, in EventContext context)
    {
        foreach (Member late in group.Members.Where(member => member.Joining is null && !member.IsStatic))
        {
            group.Remove(late.Id);
            context.Effects.Note(group, GroupIncidentKind.MemberLost, late.Id);
        }

        if (group.Size > 0 && !ElectLeader(group))
        {
            // Only static members are left and none has rejoined: the group waits until they rejoin or their sessions expire.
            context.Effects.Note(group, GroupIncidentKind.NoMemberRejoined);
            WaitForJoins(group, context);
            return;
        }

        group.JoinDeadline = long.MaxValue;
        group.IsInitialDelay = false;
        group.Generation++;
        group.AwaitedSyncs.Clear();
        if (group.Size == 0)
        {
            CompleteEmpty(group, context);
        }
        else
        {
            CompleteWithMembers(group, context);
        }
    }

    /// <summary>Makes a member that has rejoined the leader; false when no member has.</summary>
    private static bool ElectLeader(Group group)
    {
        if (group.Leader is { Joining: not null })
        {
            return true;
        }
        Member? other = group.Members.FirstOrDefault(member => member.Joining is not null);
        if (other is not null)
        {
            group.LeaderId = other.Id;
        }
        return other is not null;
    }

    private static void CompleteEmpty(Group group, in EventContext context)
    {
        group.ProtocolName = null;
        group.SubscribedTopics = SubscribedTopics(group);
        group.Enter(GroupState.Empty, context.Now);
        context.Effects.Note(group, GroupIncidentKind.GenerationStarted, "", group.Size);
        context.Effects.Append([OffsetsTopic.Generation(group, new Dictionary<string, byte[]>(StringComparer.Ordinal))],
            new StoreEmptyGeneration(group.Generation));
    }

    private static void CompleteWithMembers(Group group, in EventContext context)
    {
        group.ProtocolName = group.Vote();
        group.SubscribedTopics = SubscribedTopics(group);
        group.Enter(GroupState.CompletingRebalance, context.Now);
        context.Effects.Note(group, GroupIncidentKind.GenerationStarted, "", group.Size);
        foreach (Member member in group.Members)
        {
            JoinRules.AnswerJoin(member, JoinRules.Generation(group, member, group.LeaderId == member.Id), context);
            member.IsNew = false;
            group.Touch(member, context.Now);
            group.AwaitedSyncs.Add(member.Id);
        }

        group.SyncDeadline = context.Now.StampMs + group.RebalanceTimeoutMs;
        group.Wake(group.SyncDeadline);
    }

    /// <summary>The topics that any member of a consumer group has subscribed to; null when the broker cannot read the subscriptions.</summary>
    public static IReadOnlySet<string>? SubscribedTopics(Group group)
    {
        HashSet<string> topics = new(StringComparer.Ordinal);
        if (!group.IsConsumerGroup)
        {
            return null;
        }
        if (group.Size == 0)
        {
            return topics;
        }
        if (group.ProtocolName is null)
        {
            return null;
        }
        try
        {
            foreach (Member member in group.Members)
            {
                topics.UnionWith(VersionPrefixed.DecodeUpToHighest<ConsumerProtocolSubscription>(member.MetadataFor(group.ProtocolName)).Topics);
            }
            return topics;
        }
        catch (MalformedMessageException)
        {
            // Some clients use the protocol type "consumer" with another format (Schema Registry's coordinator did): the subscriptions are unknown.
            return null;
        }
    }
}
