using Broker.Coordination;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Topics that appear, grow and disappear in the tree.</summary>
internal sealed class TopicChanges(ControllerTerm term)
{
    private ControllerContext Context => term.Context;

    /// <summary>Reads every topic, with its partitions' states, and leaves the watches.</summary>
    /// <param name="known">The topics that this broker knows: one that is not in the tree was deleted without its hearing of it.</param>
    internal async Task Load(IEnumerable<TopicImage> known)
    {
        await LoadTopics(await Children());
        await LoadStates([.. Context.AllPartitions]);
        foreach (TopicImage topic in known.Where(topic => !Context.TopicIds.ContainsKey(topic.Name)))
        {
            term.Deleted.Add(new DeletedTopic(topic.Name, topic.Id, [.. topic.Partitions.Keys]));
        }
    }

    private ValueTask<IReadOnlyList<string>> Children()
        => term.Znodes.Children(ZnodePaths.Topics, term.On("TopicChange", static term => term.Topics.Changed()));

    internal async Task Changed()
    {
        SortedSet<string> present = new(await Children(), StringComparer.Ordinal);
        foreach (string removed in Context.TopicIds.Keys.Where(topic => !present.Contains(topic)).ToList())
        {
            Context.RemoveTopic(removed);
        }
        string[] names = [.. present.Where(topic => !Context.TopicIds.ContainsKey(topic))];
        await LoadTopics(names);
        List<TopicPartition> added = [.. names.SelectMany(Context.PartitionsOf)];

        // A topic may have been made with states, by hand or from a backup.
        IReadOnlyList<bool> haveFolders = await Pipelined.Run(names, name => term.Znodes.Exists(ZnodePaths.Partitions(name)).AsTask());
        await LoadStates([.. names.Where((_, index) => haveFolders[index]).SelectMany(Context.PartitionsOf)]);
        foreach (TopicPartition partition in added.Where(Context.Leadership.ContainsKey))
        {
            Context.SetStatus(partition, PartitionStatus.Offline);
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
        term.Send(batch);
    }

    /// <summary>Reads topics and watches them; those that have been deleted meanwhile are left out.</summary>
    private async Task LoadTopics(IReadOnlyCollection<string> names)
    {
        IReadOnlyList<(string Name, (TopicZnode Topic, int Version)? Found)> read = await Pipelined.Run(
            names, async name => (name, await Read(name)));
        foreach ((string name, (TopicZnode Topic, int Version)? found) in read)
        {
            if (found is not { } topic)
            {
                continue;
            }
            Context.AddTopic(name, topic.Topic.TopicId ?? await AssignId(name, topic.Topic, topic.Version));
            foreach ((int partition, ReplicaAssignment assignment) in topic.Topic.Partitions)
            {
                Context.SetAssignment(new TopicPartition(name, partition), assignment);
            }
        }
    }

    /// <summary>Reads a topic and watches it. One whose znode is malformed has no partitions until it is repaired; it may be deleted.</summary>
    private async Task<(TopicZnode Topic, int Version)?> Read(string topic)
    {
        try
        {
            return await term.Znodes.Topic(topic, term.On("PartitionModification", term => term.Topics.Grown(topic), topic));
        }
        catch (MalformedZnodeException problem)
        {
            term.Log.Unreadable(problem.Message);
            return (TopicZnode.Unreadable, -1);
        }
    }

    /// <summary>A topic that a broker below 2.8 made has no id.</summary>
    private async Task<Guid> AssignId(string topic, TopicZnode znode, int version)
    {
        Guid id = TopicId.New(term.Random);
        await term.Store.Write([new Op.SetData(ZnodePaths.Topic(topic), (znode with { TopicId = id }).Encode(), version)]);
        return id;
    }

    private async Task LoadStates(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach ((TopicPartition partition, LeaderAndIsr? state) in partitions.Zip(await term.Store.Read(partitions)))
        {
            Context.SetLeadership(partition, state);
        }
    }

    internal async Task Grown(string topic)
    {
        if (await Read(topic) is not { } found || !Context.TopicIds.TryGetValue(topic, out Guid id))
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

        if (id == Guid.Empty)
        {
            Context.AddTopic(topic, found.Topic.TopicId ?? await AssignId(topic, found.Topic, found.Version));
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
