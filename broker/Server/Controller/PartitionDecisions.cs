using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>What a transition asks for.</summary>
internal enum PartitionAction
{
    /// <summary>The transition does not exist: nothing is done.</summary>
    Refuse,

    /// <summary>Only the state changes.</summary>
    Mark,

    /// <summary>The first leader: <see cref="PartitionDecision.Next"/> is written as a new znode.</summary>
    Create,

    /// <summary>An elected leader: <see cref="PartitionDecision.Next"/> is written when the znode's version is its partition epoch.</summary>
    Update,

    /// <summary>No replica can lead: the state stays.</summary>
    NoLeader,
}

/// <summary>The decision about one partition.</summary>
internal sealed record PartitionDecision(PartitionAction Action, LeaderAndIsr? Next = null, bool IsUnclean = false);

/// <summary>The partition state machine; pure.</summary>
internal static class PartitionDecisions
{
    private static readonly PartitionDecision Refused = new(PartitionAction.Refuse);
    private static readonly PartitionDecision Marked = new(PartitionAction.Mark);
    private static readonly PartitionDecision NoLeader = new(PartitionAction.NoLeader);

    internal static PartitionDecision Decide(
        ControllerContext context, int controllerEpoch, TopicPartition partition, PartitionStatus target, ElectionKind kind, bool uncleanAllowed)
    {
        PartitionStatus state = context.StateOf(partition);
        if (!States.IsAllowed(state, target))
        {
            return Refused;
        }
        if (target != PartitionStatus.Online)
        {
            return Marked;
        }
        return state == PartitionStatus.New ? First(context, controllerEpoch, partition) : Elect(context, controllerEpoch, partition, kind, uncleanAllowed);
    }

    /// <summary>All live replicas are in sync: there is nothing yet that one of them could lack.</summary>
    private static PartitionDecision First(ControllerContext context, int controllerEpoch, TopicPartition partition)
    {
        int[] live = Array.FindAll(context.Assignment(partition).Replicas, broker => context.IsOnline(new Replica(partition, broker)));
        return live.Length == 0
            ? NoLeader
            : new PartitionDecision(PartitionAction.Create,
            new LeaderAndIsr(live[0], LeaderAndIsr.InitialLeaderEpoch, live, false, controllerEpoch, PartitionEpoch: 0));
    }

    private static PartitionDecision Elect(ControllerContext context, int controllerEpoch, TopicPartition partition, ElectionKind kind, bool uncleanAllowed)
    {
        if (!context.Leadership.TryGetValue(partition, out LeaderAndIsr? present) || present == LeaderAndIsr.Unreadable)
        {
            return NoLeader;
        }
        ReplicaAssignment assignment = context.Assignment(partition);
        bool IsLive(int broker) => context.IsOnline(new Replica(partition, broker), evenShuttingDown: kind == ElectionKind.ControlledShutdown);
        Elected? elected = kind switch
        {
            ElectionKind.Offline or ElectionKind.Unclean => Elections.Offline(assignment.Replicas, present.Isr, IsLive, uncleanAllowed),
            ElectionKind.Preferred => Elections.Preferred(assignment.Replicas, present.Isr, IsLive),
            ElectionKind.Reassign => Elections.Reassign([.. assignment.Replicas.Except(assignment.Removing)], present.Isr, IsLive),
            _ => Elections.ControlledShutdown(assignment.Replicas, present.Isr, IsLive, context.ShuttingDown),
        };
        if (elected is null)
        {
            return NoLeader;
        }
        LeaderAndIsr next = present with
        {
            Leader = elected.Leader,
            Isr = elected.Isr,
            LeaderEpoch = present.LeaderEpoch + 1,
            IsRecovering = elected.IsUnclean || present.IsRecovering,
            ControllerEpoch = controllerEpoch,
        };
        return new PartitionDecision(PartitionAction.Update, next, elected.IsUnclean);
    }
}
