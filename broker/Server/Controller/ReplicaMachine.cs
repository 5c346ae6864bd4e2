using Broker.Coordination;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Controller;

/// <summary>Carries out the decisions about replicas.</summary>
internal sealed class ReplicaMachine(ControllerContext context, PartitionStore store, int controllerEpoch, ControllerLog log)
{
    private const int MaxRounds = 10;

    /// <summary>Moves replicas to a state as far as their transitions allow it.</summary>
    internal async Task Move(IEnumerable<Replica> replicas, ReplicaState target, RequestBatch batch)
    {
        // By broker: each write of a partition's state sees the one before it.
        foreach (IGrouping<int, Replica> ofBroker in replicas.ToLookup(replica => replica.Broker))
        {
            List<Replica> pending = ofBroker.ToList();
            for (int round = 0; pending.Count > 0; round++)
            {
                if (round == MaxRounds)
                {
                    throw new CoordinationLostException(Code.BadVersion, ZnodePaths.PartitionState(pending[0].Partition));
                }
                pending = await TryMove(pending, target, batch);
            }
        }
    }

    private async Task<List<Replica>> TryMove(List<Replica> replicas, ReplicaState target, RequestBatch batch)
    {
        List<(Replica Replica, LeaderAndIsr State)> leaving = new();
        foreach (Replica replica in replicas)
        {
            ReplicaDecision decision = ReplicaTransitions.Decide(context, controllerEpoch, replica, target);
            switch (decision.Action)
            {
                case ReplicaAction.Refuse:
                    log.ReplicaRefused(replica, context.StateOf(replica), target);
                    continue;
                case ReplicaAction.SendLeader or ReplicaAction.SendLeaderAsNew:
                    batch.AddLeaderAndIsr([replica.Broker], replica.Partition, decision.Action == ReplicaAction.SendLeaderAsNew);
                    break;
                case ReplicaAction.StopAndLeaveIsr:
                    leaving.Add((replica, decision.Next!));
                    continue;
                case ReplicaAction.Stop:
                    Stop(replica, batch);
                    break;
                case ReplicaAction.Delete:
                    batch.AddStopReplica(replica, delete: true);
                    break;
                case ReplicaAction.Forget:
                    context.ReplicaStates.Remove(replica);
                    continue;
            }

            context.ReplicaStates[replica] = target;
        }

        return await Leave(leaving, batch);
    }

    private void Stop(Replica replica, RequestBatch batch)
    {
        batch.AddStopReplica(replica, delete: false);
        batch.AddUpdateMetadata(context.Brokers.Keys, [replica.Partition]);
    }

    /// <returns>Those to try again on a newer state.</returns>
    private async Task<List<Replica>> Leave(List<(Replica Replica, LeaderAndIsr State)> leaving, RequestBatch batch)
    {
        List<Replica> again = new();
        IReadOnlyList<Code> codes = await store.Update([.. leaving.Select(entry => (entry.Replica.Partition, entry.State))]);
        for (int i = 0; i < leaving.Count; i++)
        {
            (Replica replica, LeaderAndIsr state) = leaving[i];
            if (codes[i] != Code.Ok)
            {
                again.Add(replica);
                continue;
            }

            context.SetLeadership(replica.Partition, state with { PartitionEpoch = state.PartitionEpoch + 1 });
            context.ReplicaStates[replica] = ReplicaState.Offline;
            batch.AddStopReplica(replica, delete: false);
            IEnumerable<int> others = context.Assignment(replica.Partition).Replicas.Where(broker => broker != replica.Broker
                && context.IsOnline(new Replica(replica.Partition, broker)));
            batch.AddLeaderAndIsr(others, replica.Partition, isNew: false);
        }

        IReadOnlyList<LeaderAndIsr?> present = await store.Read([.. again.Select(replica => replica.Partition)]);
        for (int i = 0; i < again.Count; i++)
        {
            context.SetLeadership(again[i].Partition, present[i]);
        }
        return again;
    }
}
