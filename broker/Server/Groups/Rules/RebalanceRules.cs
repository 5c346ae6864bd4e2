using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;

namespace Broker.Server.Groups.Rules;

/// <summary>A rebalance from its cause to the new generation.</summary>
internal static class RebalanceRules
{
    /// <summary>Begins a rebalance where the state allows one; else one is under way, or nobody is there.</summary>
    public static void Prepare(Group group, string why, in Turn turn)
    {
        if (!GroupStates.MayFollow(group.State, GroupState.PreparingRebalance))
        {
            return;
        }
        bool wasEmpty = group.State == GroupState.Empty;
        if (group.State == GroupState.CompletingRebalance)
        {
            SyncRules.AbandonAssignment(group, ErrorCode.RebalanceInProgress, turn);
        }
        group.AwaitedSyncs.Clear();
        group.SyncDeadline = long.MaxValue;
        group.Enter(GroupState.PreparingRebalance, turn.Now);
        turn.Effects.Note(group, GroupIncidentKind.RebalanceStarted, why);
        if (wasEmpty)
        {
            BeginInitialDelay(group, turn);
        }
        else
        {
            WaitForJoins(group, turn);
        }
        TryComplete(group, turn);
    }

    /// <summary>Makes the generation when all have joined; an initial delay is waited for to its end.</summary>
    public static void TryComplete(Group group, in Turn turn)
    {
        if (group.State == GroupState.PreparingRebalance && !group.IsInitialDelay && group.AllHaveJoined)
        {
            Complete(group, turn);
        }
    }

    /// <summary>The time for joining is over.</summary>
    public static void JoinDeadlinePassed(Group group, in Turn turn)
    {
        if (group.IsInitialDelay && group.HasNewcomers && group.InitialDelay.LeftMs > 0)
        {
            (int currentMs, int leftMs) = group.InitialDelay;
            group.HasNewcomers = false;
            Delay(group, Math.Min(turn.Limits.InitialRebalanceDelayMs, leftMs), Math.Max(leftMs - currentMs, 0), turn);
        }
        else
        {
            Complete(group, turn);
        }
    }

    private static void BeginInitialDelay(Group group, in Turn turn)
    {
        int delay = turn.Limits.InitialRebalanceDelayMs;
        group.IsInitialDelay = true;
        group.HasNewcomers = false;
        Delay(group, delay, Math.Max(group.RebalanceTimeoutMs - delay, 0), turn);
    }

    private static void Delay(Group group, int delayMs, int leftMs, in Turn turn)
    {
        group.InitialDelay = (delayMs, leftMs);
        group.JoinDeadline = turn.Now.StampMs + delayMs;
        group.Wake(group.JoinDeadline);
    }

    private static void WaitForJoins(Group group, in Turn turn)
    {
        group.IsInitialDelay = false;
        group.JoinDeadline = turn.Now.StampMs + group.RebalanceTimeoutMs;
        group.Wake(group.JoinDeadline);
    }

    private static void Complete(Group group, in Turn turn)
    {
        foreach (Member late in group.Members.Where(member => member.Joining is null && !member.IsStatic))
        {
            group.Remove(late.Id);
            turn.Effects.Note(group, GroupIncidentKind.MemberLost, late.Id);
        }

        if (group.Size > 0 && !ElectLeader(group))
        {
            // Only static members are left and none of them is here: their sessions will end, or they come back.
            turn.Effects.Note(group, GroupIncidentKind.NobodyRejoined);
            WaitForJoins(group, turn);
            return;
        }

        group.JoinDeadline = long.MaxValue;
        group.IsInitialDelay = false;
        group.Generation++;
        group.AwaitedSyncs.Clear();
        if (group.Size == 0)
        {
            BecomeEmpty(group, turn);
        }
        else
        {
            Spread(group, turn);
        }
    }

    /// <summary>A leader must be here to lead. False when nobody is.</summary>
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

    private static void BecomeEmpty(Group group, in Turn turn)
    {
        group.ProtocolName = null;
        group.SubscribedTopics = SubscribedTopics(group);
        group.Enter(GroupState.Empty, turn.Now);
        turn.Effects.Note(group, GroupIncidentKind.GenerationMade, "", group.Size);
        turn.Effects.Append([OffsetsTopic.Generation(group, new Dictionary<string, byte[]>(StringComparer.Ordinal))],
            new StoreEmptyGeneration(group.Generation));
    }

    private static void Spread(Group group, in Turn turn)
    {
        group.ProtocolName = group.Vote();
        group.SubscribedTopics = SubscribedTopics(group);
        group.Enter(GroupState.CompletingRebalance, turn.Now);
        turn.Effects.Note(group, GroupIncidentKind.GenerationMade, "", group.Size);
        foreach (Member member in group.Members)
        {
            JoinRules.AnswerJoin(member, JoinRules.Generation(group, member, group.LeaderId == member.Id), turn);
            member.IsNew = false;
            group.Touch(member, turn.Now);
            group.AwaitedSyncs.Add(member.Id);
        }

        group.SyncDeadline = turn.Now.StampMs + group.RebalanceTimeoutMs;
        group.Wake(group.SyncDeadline);
    }

    /// <summary>The topics that any member of a consumer group has subscribed to; null where that cannot be told.</summary>
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
            // Somebody calls itself a consumer and speaks another language (Schema Registry's coordinator did): nothing can be told then.
            return null;
        }
    }
}
