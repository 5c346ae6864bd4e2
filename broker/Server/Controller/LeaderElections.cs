using Broker.Coordination;
using Broker.Protocol;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>When the controller moves leadership back to preferred leaders.</summary>
/// <param name="Every">leader.imbalance.check.interval.seconds.</param>
/// <param name="Percentage">leader.imbalance.per.broker.percentage: of a broker's partitions led by others, above which leadership is moved.</param>
internal sealed record LeaderBalancing(TimeSpan Every, int Percentage)
{
    /// <summary>From the take-over to the first check, as Kafka's.</summary>
    internal static readonly TimeSpan FirstAfter = TimeSpan.FromSeconds(5);
}

/// <summary>Elections that somebody asks for (an administrator, a changed setting) or that are due.</summary>
internal sealed class LeaderElections(ControllerTerm term)
{
    private ControllerContext Context => term.Context;

    /// <summary>Elects leaders and returns a result for each partition, in the given order.</summary>
    /// <param name="kind"><see cref="ElectionKind.Preferred"/> or <see cref="ElectionKind.Unclean"/>.</param>
    internal async Task<IReadOnlyList<ElectionResult>> Elect(ElectionKind kind, IReadOnlyCollection<TopicPartition> partitions)
    {
        List<(TopicPartition Partition, ErrorCode Error)> checks = [.. partitions.Select(partition => (partition, Check(kind, partition)))];
        RequestBatch batch = term.NewBatch();
        await term.Partitions.Move(
            checks.Where(check => check.Error == ErrorCode.None).Select(check => check.Partition), PartitionStatus.Online, batch, kind);
        term.Send(batch);
        return [.. checks.Select(check => check.Error == ErrorCode.None ? Outcome(kind, check.Partition) : new ElectionResult(check.Partition, check.Error))];
    }

    /// <summary>Tries again to elect leaders of a topic's partitions that have none; of all topics' where it is null.</summary>
    internal async Task TryOffline(string? topic)
    {
        RequestBatch batch = term.NewBatch();
        await term.Partitions.MoveToOnline(topic is null ? Context.AllPartitions : Context.PartitionsOf(topic), batch);
        term.Send(batch);
    }

    /// <summary>Elects the preferred leaders of brokers that lead too few of the partitions that they should.</summary>
    internal async Task Balance(int percentage)
    {
        if (Context.AllPartitions.Any(partition => Context.Assignment(partition).IsBeingReassigned))
        {
            return;
        }
        RequestBatch batch = term.NewBatch();
        foreach (IGrouping<int, TopicPartition> preferred in Context.PartitionsWithPreference.GroupBy(Context.PreferredLeader))
        {
            List<TopicPartition> ledByOthers = [.. preferred.Where(partition => Context.Leadership[partition].Leader != preferred.Key)];
            List<TopicPartition> electable = [.. ledByOthers.Where(CanPreferredLead)];
            if (electable.Count > 0 && ledByOthers.Count * 100L > (long)percentage * preferred.Count())
            {
                term.Log.Balances(preferred.Key, electable.Count, preferred.Count());
                await term.Partitions.Move(electable, PartitionStatus.Online, batch, ElectionKind.Preferred);
            }
        }

        term.Send(batch);
    }

    /// <summary>Elects the preferred leaders that an old tool has asked for in /admin/preferred_replica_election, and watches for the next request.</summary>
    internal async Task Requested()
    {
        bool isThere = await term.Znodes.Exists(ZnodePaths.PreferredElection, term.On("PreferredReplicaElection", static term => term.Elections.Requested()));
        if (!isThere || await term.Znodes.Get(ZnodePaths.PreferredElection) is not { Code: Code.Ok } request)
        {
            return;
        }
        await Elect(ElectionKind.Preferred, [.. term.Decode(ZnodePaths.PreferredElection, request.Data).Distinct()]);
        await term.Store.Delete([ZnodePaths.PreferredElection]);
    }

    private ErrorCode Check(ElectionKind kind, TopicPartition partition)
    {
        if (!Context.HasPartition(partition))
        {
            return ErrorCode.UnknownTopicOrPartition;
        }
        if (Context.IsBeingDeleted(partition.Topic))
        {
            return ErrorCode.InvalidTopicException;
        }
        if (!Context.Leadership.TryGetValue(partition, out LeaderAndIsr? present))
        {
            return Unavailable(kind);
        }
        bool isNeeded = kind == ElectionKind.Preferred
            ? present.Leader != Context.PreferredLeader(partition)
            : !Context.IsLive(present.Leader);
        return isNeeded ? ErrorCode.None : ErrorCode.ElectionNotNeeded;
    }

    private ElectionResult Outcome(ElectionKind kind, TopicPartition partition)
    {
        int leader = Context.Leadership[partition].Leader;
        bool isElected = kind == ElectionKind.Preferred ? leader == Context.PreferredLeader(partition) : Context.IsLive(leader);
        return isElected ? new ElectionResult(partition, ErrorCode.None, leader) : new ElectionResult(partition, Unavailable(kind));
    }

    private static ErrorCode Unavailable(ElectionKind kind) =>
        kind == ElectionKind.Preferred ? ErrorCode.PreferredLeaderNotAvailable : ErrorCode.EligibleLeadersNotAvailable;

    private bool CanPreferredLead(TopicPartition partition) => Elections.Preferred(
        Context.Assignment(partition).Replicas, Context.Leadership[partition].Isr, broker => Context.IsOnline(new Replica(partition, broker))) is not null;
}
