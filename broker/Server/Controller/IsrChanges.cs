using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;
using PartitionResult = Broker.Protocol.Messages.AlterPartitionResponse.AlterPartitionPartition;

namespace Broker.Server.Controller;

/// <summary>In-sync replicas that leaders change: through AlterPartition, or, older brokers, in the tree with a notice.</summary>
internal sealed class IsrChanges(ControllerTerm term)
{
    /// <summary>The first version that names topics by their ids.</summary>
    private const int FirstWithTopicIds = 2;

    private ControllerContext Context => term.Context;

    /// <summary>Handles AlterPartition: all partitions are written together, each on condition of its version.</summary>
    internal async Task<AlterPartitionResponse> Alter(AlterPartitionRequest request, short version)
    {
        if (!Context.Brokers.TryGetValue(request.BrokerId, out LiveBroker? live) || live.Epoch != request.BrokerEpoch)
        {
            return new AlterPartitionResponse { ErrorCode = (short)ErrorCode.StaleBrokerEpoch };
        }
        List<(TopicPartition Partition, LeaderAndIsr State, PartitionResult Result)> writes = [];
        AlterPartitionResponse response = new() { Topics = [.. request.Topics.Select(topic => Decide(request.BrokerId, topic, version, writes))] };
        IReadOnlyList<Code> codes = await term.Store.Update([.. writes.Select(write => (write.Partition, write.State))]);
        RequestBatch batch = term.NewBatch();
        List<TopicPartition> conflicts = [];
        for (int i = 0; i < writes.Count; i++)
        {
            (TopicPartition partition, LeaderAndIsr state, PartitionResult result) = writes[i];
            if (codes[i] == Code.Ok)
            {
                Context.SetLeadership(partition, state with { PartitionEpoch = state.PartitionEpoch + 1 });
                Fill(result, Context.Leadership[partition]);
                batch.AddUpdateMetadata(Context.Brokers.Keys, [partition]);
            }
            else
            {
                result.ErrorCode = (short)ErrorCode.InvalidUpdateVersion;
                conflicts.Add(partition);
            }
        }

        // The leader's version and this controller's are both stale: a new leader epoch gives both the present one.
        await term.Partitions.ElectAgain(conflicts, batch);
        term.Send(batch);
        return response;
    }

    /// <summary>Reads the states that older brokers have changed themselves, and sends them to all brokers.</summary>
    internal async Task Noticed()
    {
        IReadOnlyList<string> names = await term.Znodes.Children(ZnodePaths.IsrChanges, term.On("IsrChange", static term => term.Isrs.Noticed()));
        string[] paths = [.. names.Select(name => $"{ZnodePaths.IsrChanges}/{name}")];
        IReadOnlyList<DataResult> notices = await Pipelined.Run(paths, path => term.Znodes.Get(path).AsTask());
        TopicPartition[] changed = [.. paths.Zip(notices)
            .Where(notice => notice.Second.Code == Code.Ok)
            .SelectMany(notice => term.Decode(notice.First, notice.Second.Data))
            .Where(Context.HasPartition)
            .Distinct()];
        foreach ((TopicPartition partition, LeaderAndIsr? state) in changed.Zip(await term.Store.Read(changed)))
        {
            Context.SetLeadership(partition, state);
        }
        if (changed.Length > 0)
        {
            RequestBatch batch = term.NewBatch();
            batch.AddUpdateMetadata(Context.Brokers.Keys, changed);
            term.Send(batch);
        }
        await term.Store.Delete(paths);
    }

    private AlterPartitionResponse.AlterPartitionTopic Decide(
        int leader, AlterPartitionRequest.AlterPartitionTopic topic, short version, List<(TopicPartition, LeaderAndIsr, PartitionResult)> writes)
    {
        string? name = version < FirstWithTopicIds ? topic.TopicName : Context.TopicName(topic.TopicId);
        List<PartitionResult> results = [];
        foreach (AlterPartitionRequest.AlterPartitionPartition change in topic.Partitions)
        {
            PartitionResult result = new() { PartitionIndex = change.PartitionIndex };
            results.Add(result);
            if (name is null)
            {
                result.ErrorCode = (short)ErrorCode.UnknownTopicId;
                continue;
            }
            TopicPartition partition = new(name, change.PartitionIndex);
            IsrDecision decision = IsrDecisions.Decide(Context, term.Epoch, leader, partition, change, version);
            result.ErrorCode = (short)decision.Error;
            if (decision.Next is { } next)
            {
                writes.Add((partition, next, result));
            }
            else if (decision.Error == ErrorCode.None)
            {
                Fill(result, Context.Leadership[partition]);
            }
        }

        return new AlterPartitionResponse.AlterPartitionTopic { TopicName = topic.TopicName, TopicId = topic.TopicId, Partitions = [.. results] };
    }

    private static void Fill(PartitionResult result, LeaderAndIsr state)
    {
        result.LeaderId = state.Leader;
        result.LeaderEpoch = state.LeaderEpoch;
        result.Isr = state.Isr;
        result.LeaderRecoveryState = (sbyte)(state.IsRecovering ? 1 : 0);
        result.PartitionEpoch = state.PartitionEpoch;
    }
}
