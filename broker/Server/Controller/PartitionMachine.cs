using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Carries out the decisions about partitions: writes them, takes over what others have written, and collects the requests to brokers.</summary>
internal sealed class PartitionMachine(
    ControllerContext context, PartitionStore store, Func<string, Task<bool>> isUncleanElectionAllowed, int controllerEpoch, ControllerLog log,
    ControllerMetrics metrics)
{
    /// <summary>Rounds of writing and re-reading; only the leaders' own ISR changes compete, so more than a few mean a fault.</summary>
    private const int MaxRounds = 10;

    /// <summary>Moves partitions to a state as far as their transitions allow it.</summary>
    internal async Task Move(IEnumerable<TopicPartition> partitions, PartitionStatus target, RequestBatch batch, ElectionKind kind = ElectionKind.Offline)
    {
        List<TopicPartition> pending = partitions.ToList();
        for (int round = 0; pending.Count > 0; round++)
        {
            if (round == MaxRounds)
            {
                throw new CoordinationLostException(Code.BadVersion, ZnodePaths.PartitionState(pending[0]));
            }
            pending = await TryMove(pending, target, kind, batch);
        }
    }

    /// <summary>Moves all that have no leader yet, or no live one, and are not being deleted.</summary>
    internal Task MoveToOnline(RequestBatch batch) => MoveToOnline(context.AllPartitions, batch);

    /// <summary>The same for some partitions.</summary>
    internal Task MoveToOnline(IEnumerable<TopicPartition> partitions, RequestBatch batch) => Move(
        partitions.Where(partition => context.StateOf(partition) is PartitionStatus.New or PartitionStatus.Offline
            && !context.IsBeingDeleted(partition.Topic)),
        PartitionStatus.Online,
        batch);

    /// <summary>Elects leaders of partitions whose states were changed by others: they are read again, and get a new leader epoch.</summary>
    internal async Task ElectAgain(IReadOnlyCollection<TopicPartition> partitions, RequestBatch batch)
    {
        await ReadAgain(partitions);
        await Move(partitions, PartitionStatus.Online, batch);
    }

    /// <returns>Those that must be tried again, because another writer has changed their state.</returns>
    private async Task<List<TopicPartition>> TryMove(List<TopicPartition> partitions, PartitionStatus target, ElectionKind kind, RequestBatch batch)
    {
        List<(TopicPartition Partition, LeaderAndIsr State)> creates = new();
        List<(TopicPartition Partition, LeaderAndIsr State)> updates = new();
        List<TopicPartition> leaderless = new();
        IReadOnlySet<string> uncleanTopics = await UncleanTopics(partitions, target, kind);
        foreach (TopicPartition partition in partitions)
        {
            PartitionDecision decision = Decide(partition, target, kind, uncleanTopics.Contains(partition.Topic));
            switch (decision.Action)
            {
                case PartitionAction.Mark: context.SetStatus(partition, target); break;
                case PartitionAction.Create: creates.Add((partition, decision.Next!)); break;
                case PartitionAction.Update: updates.Add((partition, decision.Next!)); break;
                case PartitionAction.NoLeader: leaderless.Add(partition); break;
                default: log.PartitionRefused(partition, context.StateOf(partition), target); break;
            }

            if (decision.IsUnclean)
            {
                log.UncleanElection(partition, decision.Next!.Leader);
                metrics.Unclean();
            }
        }

        if (leaderless.Count > 0)
        {
            log.NoLeaders(leaderless);
        }
        return [.. await Write(creates, isNew: true, batch), .. await Write(updates, isNew: false, batch)];
    }

    private PartitionDecision Decide(TopicPartition partition, PartitionStatus target, ElectionKind kind, bool isUncleanAllowed) =>
        PartitionDecisions.Decide(context, controllerEpoch, partition, target, kind, isUncleanAllowed || kind == ElectionKind.Unclean);

    /// <summary>The topics whose settings allow an unclean leader, of those that have no other. Asked when it matters, because settings change.</summary>
    private async Task<IReadOnlySet<string>> UncleanTopics(List<TopicPartition> partitions, PartitionStatus target, ElectionKind kind)
    {
        string[] topics = kind != ElectionKind.Offline || target != PartitionStatus.Online ? [] : [.. partitions
            .Where(partition => Decide(partition, target, kind, isUncleanAllowed: false).Action == PartitionAction.NoLeader
                && Decide(partition, target, kind, isUncleanAllowed: true).IsUnclean)
            .Select(partition => partition.Topic)
            .Distinct(StringComparer.Ordinal)];
        IReadOnlyList<bool> allowed = await Pipelined.Run(topics, MayLoseRecords);
        return topics.Where((_, index) => allowed[index]).ToHashSet(StringComparer.Ordinal);
    }

    private async Task<bool> MayLoseRecords(string topic)
    {
        try
        {
            return await isUncleanElectionAllowed(topic);
        }
        catch (MalformedZnodeException problem)
        {
            log.Unreadable(problem.Message);
            return false;
        }
    }

    private async Task<List<TopicPartition>> Write(List<(TopicPartition Partition, LeaderAndIsr State)> states, bool isNew, RequestBatch batch)
    {
        List<TopicPartition> again = new();
        IReadOnlyList<Code> codes = isNew ? await store.Create(states) : await store.Update(states);
        for (int i = 0; i < states.Count; i++)
        {
            (TopicPartition partition, LeaderAndIsr state) = states[i];
            if (codes[i] == Code.Ok)
            {
                Adopt(partition, isNew ? state : state with { PartitionEpoch = state.PartitionEpoch + 1 });
                batch.AddLeaderAndIsr(context.Assignment(partition).Replicas.Where(broker => context.IsOnline(new Replica(partition, broker))), partition,
                    isNew);
            }
            else if (!isNew || codes[i] == Code.NodeExists)
            {
                again.Add(partition); // Otherwise its topic is gone from the tree.
            }
        }

        await ReadAgain(again);
        return again;
    }

    /// <summary>The state existed already, or its leader has changed it: it is decided again with the present state, without one as a new partition.</summary>
    private async Task ReadAgain(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach ((TopicPartition partition, LeaderAndIsr? present) in partitions.Zip(await store.Read(partitions)))
        {
            context.SetStatus(partition, context.SetLeadership(partition, present) ? PartitionStatus.Offline : PartitionStatus.New);
        }
    }

    private void Adopt(TopicPartition partition, LeaderAndIsr state)
    {
        context.SetLeadership(partition, state);
        context.SetStatus(partition, PartitionStatus.Online);
        log.Elected(partition, state.Leader, state.LeaderEpoch);
    }
}
