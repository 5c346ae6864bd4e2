using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>What a replica's transition asks for, besides the change of its state.</summary>
internal enum ReplicaAction
{
    /// <summary>The transition does not exist: nothing is done.</summary>
    Refuse,

    /// <summary>Only the state changes.</summary>
    Mark,

    /// <summary>LeaderAndIsr is sent to its broker.</summary>
    SendLeader,

    /// <summary>The same, for a replica that its broker does not have yet.</summary>
    SendLeaderAsNew,

    /// <summary>It is stopped, and <see cref="ReplicaDecision.Next"/>, without it, is written.</summary>
    StopAndLeaveIsr,

    /// <summary>It is stopped; nothing is to be written about it.</summary>
    Stop,

    /// <summary>It is stopped and deleted.</summary>
    Delete,

    /// <summary>It is forgotten.</summary>
    Forget,
}

/// <summary>The decision about one replica.</summary>
internal sealed record ReplicaDecision(ReplicaAction Action, LeaderAndIsr? Next = null);

/// <summary>The replica state machine; pure.</summary>
internal static class ReplicaTransitions
{
    internal static ReplicaDecision Decide(ControllerContext context, int controllerEpoch, Replica replica, ReplicaState target)
    {
        ReplicaState state = context.StateOf(replica);
        if (!States.IsAllowed(state, target))
        {
            return new ReplicaDecision(ReplicaAction.Refuse);
        }
        bool hasLeadership = context.Leadership.TryGetValue(replica.Partition, out LeaderAndIsr? present);
        return target switch
        {
            // A replica that is created with its partition learns of it when the partition gets its leader.
            ReplicaState.New => new ReplicaDecision(hasLeadership ? ReplicaAction.SendLeaderAsNew : ReplicaAction.Mark),
            ReplicaState.Online => new ReplicaDecision(state != ReplicaState.New && hasLeadership ? ReplicaAction.SendLeader : ReplicaAction.Mark),
            ReplicaState.Offline => Offline(context, controllerEpoch, replica, present),
            ReplicaState.DeletionStarted => new ReplicaDecision(ReplicaAction.Delete),
            ReplicaState.NonExistent => new ReplicaDecision(ReplicaAction.Forget),
            _ => new ReplicaDecision(ReplicaAction.Mark),
        };
    }

    /// <summary>The in-sync replicas without one; the last member stays, so that only it can lead again without loss.</summary>
    internal static LeaderAndIsr? Without(LeaderAndIsr present, int broker, int controllerEpoch) => !present.Isr.Contains(broker)
        ? null
        : present with
        {
            Leader = present.Leader == broker ? LeaderAndIsr.NoLeader : present.Leader,
            Isr = present.Isr.Length == 1 ? present.Isr : Array.FindAll(present.Isr, member => member != broker),
            LeaderEpoch = present.LeaderEpoch + 1,
            ControllerEpoch = controllerEpoch,
        };

    private static ReplicaDecision Offline(ControllerContext context, int controllerEpoch, Replica replica, LeaderAndIsr? present)
    {
        if (present is null || context.IsBeingDeleted(replica.Partition.Topic))
        {
            return new ReplicaDecision(ReplicaAction.Stop);
        }
        return Without(present, replica.Broker, controllerEpoch) is { } next
            ? new ReplicaDecision(ReplicaAction.StopAndLeaveIsr, next)
            : new ReplicaDecision(ReplicaAction.Stop);
    }
}
