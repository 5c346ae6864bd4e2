using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>
/// Deletes topics: brokers remove them from their metadata, replicas are stopped and deleted, and then the znodes are removed. A topic with a replica
/// that cannot be deleted now waits until that replica's broker returns.
/// </summary>
internal sealed class TopicDeletion(ControllerTerm term, bool isEnabled)
{
    private ControllerContext Context => term.Context;

    /// <summary>Reads which topics are to be deleted, and watches for more. Starts no deletion yet.</summary>
    internal async Task Load() => await Read();

    /// <summary>Tries again the deletions that waited for a broker that has returned.</summary>
    internal async Task RetryOn(int broker)
    {
        foreach (string topic in Context.TopicsToDelete.Where(topic => Context.ReplicasOf(topic).Any(replica => replica.Broker == broker)))
        {
            Context.DeletionIneligible.Remove(topic);
        }
        await Resume();
    }

    /// <summary>Suspends the deletion of topics with replicas on brokers that have died; those replicas will give no answer.</summary>
    internal async Task Suspend(IReadOnlyCollection<int> brokers)
    {
        List<Replica> dead = [.. Context.TopicsToDelete.SelectMany(Context.ReplicasOf).Where(replica => brokers.Contains(replica.Broker))];
        Context.DeletionIneligible.UnionWith(dead.Select(replica => replica.Partition.Topic));
        await term.Replicas.Move(
            dead.Where(replica => Context.StateOf(replica) == ReplicaState.DeletionStarted), ReplicaState.DeletionIneligible, term.NewBatch());
    }

    /// <summary>Continues the deletion of every topic that does not wait.</summary>
    internal async Task Resume()
    {
        string[] topics = [.. Context.TopicsToDelete];
        await Complete(Array.FindAll(topics, topic => Context.ReplicasOf(topic).All(replica => Context.StateOf(replica) == ReplicaState.DeletionSuccessful)));
        foreach (string topic in topics.Where(Context.IsBeingDeleted))
        {
            List<ReplicaState> states = Context.ReplicasOf(topic).Select(Context.StateOf).ToList();
            if (!Context.DeletionIneligible.Contains(topic) && !states.Contains(ReplicaState.DeletionStarted))
            {
                await Begin(topic);
            }
        }
    }

    /// <summary>Handles a broker's answer to StopReplica with deletion.</summary>
    internal async Task Answered(int broker, StopReplicaRequest request, StopReplicaResponse response)
    {
        Dictionary<TopicPartition, ErrorCode> errors = response.PartitionErrors.ToDictionary(error => new TopicPartition(error.TopicName,
            error.PartitionIndex), error => (ErrorCode)error.ErrorCode);
        List<Replica> deleted = new();
        List<Replica> failed = new();
        foreach (StopReplicaRequest.StopReplicaTopicState topic in request.TopicStates.Where(topic => Context.IsBeingDeleted(topic.TopicName)))
        {
            foreach (TopicPartition partition in topic.PartitionStates.Where(partition => partition.DeletePartition)
                .Select(state => new TopicPartition(topic.TopicName, state.PartitionIndex)))
            {
                ErrorCode error = response.ErrorCode != 0 ? (ErrorCode)response.ErrorCode : errors.GetValueOrDefault(partition);
                (error == ErrorCode.None ? deleted : failed).Add(new Replica(partition, broker));
                if (error != ErrorCode.None)
                {
                    term.Log.NotDeleted(broker, partition, error);
                }
            }
        }

        RequestBatch batch = term.NewBatch();
        await term.Replicas.Move(failed, ReplicaState.DeletionIneligible, batch);
        Context.DeletionIneligible.UnionWith(failed.Select(replica => replica.Partition.Topic));
        await term.Replicas.Move(deleted.Where(replica => Context.StateOf(replica) == ReplicaState.DeletionStarted), ReplicaState.DeletionSuccessful, batch);
        term.Send(batch);
        await Resume();
    }

    private async Task<bool> Read()
    {
        IReadOnlyList<string> wanted = await term.Znodes.Children(ZnodePaths.DeleteTopics, term.On("TopicDeletion", static term => term.Deletion.Changed()));
        bool changed = false;
        foreach (string topic in wanted)
        {
            if (isEnabled && Context.TopicIds.ContainsKey(topic))
            {
                changed |= Mark(topic);
            }
            else
            {
                await term.Store.Write([new Op.Delete(ZnodePaths.DeleteTopic(topic))], Code.NoNode);
            }
        }

        return changed;
    }

    private bool Mark(string topic)
    {
        if (!Context.AddTopicToDelete(topic))
        {
            return false;
        }
        bool blocked = Context.ReplicasOf(topic).Any(replica => !Context.IsOnline(replica, evenShuttingDown: true))
            || Context.PartitionsOf(topic).Any(partition => Context.Assignment(partition).IsBeingReassigned);
        if (blocked)
        {
            Context.DeletionIneligible.Add(topic);
        }
        return true;
    }

    internal async Task Changed()
    {
        if (await Read())
        {
            await Resume();
        }
    }

    private async Task Begin(string topic)
    {
        List<TopicPartition> partitions = Context.PartitionsOf(topic).ToList();
        RequestBatch batch = term.NewBatch();
        if (Context.DeletionStarted.Add(topic))
        {
            await term.Partitions.Move(partitions, PartitionStatus.Offline, batch);
            await term.Partitions.Move(partitions, PartitionStatus.NonExistent, batch);
        }

        batch.AddUpdateMetadata(Context.Brokers.Keys, partitions);
        term.Send(batch);
        await DeleteReplicas(topic);
    }

    private async Task DeleteReplicas(string topic)
    {
        List<Replica> left = Context.ReplicasOf(topic).Where(replica => Context.StateOf(replica) != ReplicaState.DeletionSuccessful).ToList();
        List<Replica> dead = left.Where(replica => !Context.IsOnline(replica, evenShuttingDown: true)).ToList();
        List<Replica> alive = left.Except(dead).ToList();
        RequestBatch stop = term.NewBatch();
        await term.Replicas.Move(dead.Where(replica => Context.StateOf(replica) == ReplicaState.Offline), ReplicaState.DeletionIneligible, stop);
        await term.Replicas.Move(alive, ReplicaState.Offline, stop);
        term.Send(stop);
        RequestBatch delete = term.NewBatch();
        await term.Replicas.Move(alive, ReplicaState.DeletionStarted, delete);
        term.Send(delete);
        if (dead.Count > 0)
        {
            Context.DeletionIneligible.Add(topic);
        }
    }

    private async Task Complete(IReadOnlyCollection<string> topics)
    {
        // The replicas stay deleted until the znodes are: where that fails, it is tried again.
        await Pipelined.Run(topics, async topic =>
        {
            await term.Store.DeleteTopic(topic);
            return topic;
        });
        foreach (string topic in topics)
        {
            await term.Replicas.Move(Context.ReplicasOf(topic).ToList(), ReplicaState.NonExistent, term.NewBatch());
            term.Deleted.Add(new DeletedTopic(topic, Context.TopicIds[topic], [.. Context.PartitionsOf(topic).Select(partition => partition.Partition)]));
            Context.RemoveTopic(topic);
            term.Log.Deleted(topic);
        }
    }
}
