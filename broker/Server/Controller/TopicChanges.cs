using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Topics that appear, grow and disappear in the tree.</summary>
internal sealed class TopicChanges(ControllerTerm term)
{
    private ControllerContext Context => term.Context;

    /// <summary>Reads every topic, with its partitions' states, and leaves the watches.</summary>
    internal async Task Load()
    {
        foreach (string topic in await Children())
        {
            await LoadTopic(topic);
        }
        foreach (TopicPartition partition in Context.AllPartitions.ToList())
        {
            await LoadState(partition);
        }
    }

    private ValueTask<IReadOnlyList<string>> Children() => term.Znodes.Children(ZnodePaths.Topics, term.On("TopicChange", Changed));

    private async Task Changed()
    {
        HashSet<string> present = (await Children()).ToHashSet(StringComparer.Ordinal);
        foreach (string removed in Context.TopicIds.Keys.Where(topic => !present.Contains(topic)).ToList())
        {
            Context.RemoveTopic(removed);
        }
        List<TopicPartition> added = new();
        foreach (string topic in present.Where(topic => !Context.TopicIds.ContainsKey(topic)))
        {
            if (await LoadTopic(topic))
            {
                added.AddRange(Context.PartitionsOf(topic));
            }
        }

        // The request to delete a topic may be older than the topic.
        foreach (TopicPartition partition in added.ToList())
        {
            await LoadState(partition);
            if (Context.Leadership.ContainsKey(partition))
            {
                Context.PartitionStatuses[partition] = PartitionStatus.Offline;
            }
        }

        await Create(added);
        foreach (IGrouping<string, TopicPartition> topic in added.GroupBy(partition => partition.Topic, StringComparer.Ordinal))
        {
            term.Log.Created(topic.Key, topic.Count());
        }
    }

    /// <summary>New, then with a leader, as Kafka does: each step is sent before the next.</summary>
    private async Task Create(IReadOnlyList<TopicPartition> partitions)
    {
        List<Replica> replicas = partitions.SelectMany(Context.ReplicasOf).ToList();
        await Step(batch => term.Partitions.Move(partitions.Where(partition => Context.StateOf(partition) == PartitionStatus.NonExistent).ToList(),
            PartitionStatus.New, batch));
        await Step(batch => term.Replicas.Move(replicas, ReplicaState.New, batch));
        await Step(batch => term.Partitions.Move(partitions, PartitionStatus.Online, batch));
        await Step(batch => term.Replicas.Move(replicas, ReplicaState.Online, batch));
    }

    private async Task Step(Func<RequestBatch, Task> move)
    {
        RequestBatch batch = term.NewBatch();
        await move(batch);
        await term.Send(batch);
    }

    /// <returns>False where the topic has been deleted meanwhile.</returns>
    private async Task<bool> LoadTopic(string topic)
    {
        if (await term.Znodes.Topic(topic, term.On("PartitionModification", () => Grown(topic))) is not { } found)
        {
            return false;
        }
        Guid id = found.Topic.TopicId ?? await AssignId(topic, found.Topic, found.Version);
        Context.TopicIds[topic] = id;
        foreach ((int partition, ReplicaAssignment assignment) in found.Topic.Partitions)
        {
            Context.SetAssignment(new TopicPartition(topic, partition), assignment);
        }
        return true;
    }

    /// <summary>A topic that a broker below 2.8 made has no id.</summary>
    private async Task<Guid> AssignId(string topic, TopicZnode znode, int version)
    {
        Guid id = TopicId.New();
        await term.Store.Write([new Op.SetData(ZnodePaths.Topic(topic), (znode with { TopicId = id }).Encode(), version)]);
        return id;
    }

    private async Task LoadState(TopicPartition partition)
    {
        if (await term.Store.Read(partition) is { } state)
        {
            Context.Leadership[partition] = state;
        }
    }

    private async Task Grown(string topic)
    {
        if (await term.Znodes.Topic(topic, term.On("PartitionModification", () => Grown(topic))) is not { } found || !Context.TopicIds.ContainsKey(topic))
        {
            return;
        }
        List<KeyValuePair<int, ReplicaAssignment>> added = found.Topic.Partitions.Where(entry => !Context.HasPartition(new TopicPartition(topic,
            entry.Key))).ToList();
        if (added.Count == 0)
        {
            return;
        }
        if (Context.IsBeingDeleted(topic))
        {
            await Restore(topic, found.Topic, found.Version);
            return;
        }

        foreach ((int partition, ReplicaAssignment assignment) in added)
        {
            Context.SetAssignment(new TopicPartition(topic, partition), assignment);
        }
        await Create([.. added.Select(entry => new TopicPartition(topic, entry.Key))]);
    }

    /// <summary>A topic that is being deleted does not grow: its partitions are put back, as Kafka does.</summary>
    private async Task Restore(string topic, TopicZnode znode, int version)
    {
        System.Collections.Immutable.ImmutableSortedDictionary<int, ReplicaAssignment> known =
            znode.Partitions.RemoveRange(znode.Partitions.Keys.Where(partition => !Context.HasPartition(new TopicPartition(topic, partition))));
        await term.Store.Write([new Op.SetData(ZnodePaths.Topic(topic), (znode with { Partitions = known }).Encode(), version)], Code.BadVersion);
    }
}
