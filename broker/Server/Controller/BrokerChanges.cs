using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Handles brokers that register, die, restart, lose a log directory or shut down.</summary>
internal sealed class BrokerChanges(ControllerTerm term)
{
    private ControllerContext Context => term.Context;

    /// <summary>Reads the registered brokers, leaves the watches, opens the channels to them.</summary>
    internal async Task Load()
    {
        foreach (int id in (await ReadRegistered()).Keys)
        {
            await Add(id);
        }
    }

    /// <summary>Handles the answers of a broker.</summary>
    internal async Task Answered(BrokerAnswers answers)
    {
        int broker = answers.Requests.Broker;
        if (!Context.Brokers.TryGetValue(broker, out LiveBroker? live) || live.Epoch != answers.Requests.BrokerEpoch)
        {
            return; // An answer of the broker's former life.
        }
        if (answers.LeaderAndIsr is not null)
        {
            await LearnFolders(broker, answers.Requests.LeaderAndIsr!, answers.LeaderAndIsr);
        }
        if (answers.StopReplica is not null)
        {
            await term.Deletion.Answered(broker, answers.Requests.StopReplica!, answers.StopReplica);
        }
    }

    /// <summary>
    /// Moves a broker's leaderships to other replicas and removes its replicas from the in-sync sets. Returns the partitions that it still leads although
    /// others have replicas.
    /// </summary>
    internal async Task<(ErrorCode Error, IReadOnlyList<TopicPartition> Remaining)> ShutDown(int broker, long epoch)
    {
        if (!Context.Brokers.TryGetValue(broker, out LiveBroker? live))
        {
            return (ErrorCode.BrokerNotAvailable, []);
        }
        if (epoch >= 0 && epoch < live.Epoch)
        {
            return (ErrorCode.StaleBrokerEpoch, []);
        }
        Context.ShuttingDown.Add(broker);
        List<Replica> shared = Context.ReplicasOn(broker)
            .Where(replica => Context.Assignment(replica.Partition).Replicas.Length > 1 && Context.Leadership.ContainsKey(replica.Partition)
                && !Context.IsBeingDeleted(replica.Partition.Topic))
            .ToList();
        List<Replica> led = shared.Where(replica => Context.Leadership[replica.Partition].Leader == broker).ToList();
        RequestBatch batch = term.NewBatch();
        await term.Partitions.Move(led.Select(replica => replica.Partition), PartitionStatus.Online, batch, ElectionKind.ControlledShutdown);
        List<Replica> followed = shared.Except(led).ToList();
        foreach (Replica replica in followed)
        {
            batch.AddStopReplica(replica, delete: false);
        }
        await term.Replicas.Move(followed, ReplicaState.Offline, batch);
        term.Send(batch);
        List<TopicPartition> remaining = shared.Where(replica => Context.Leadership[replica.Partition].Leader
            == broker).Select(replica => replica.Partition).ToList();
        term.Log.Shutdown(broker, remaining.Count);
        return (ErrorCode.None, remaining);
    }

    /// <summary>Sends LeaderAndIsr for all replicas to each broker with a failed log directory: its answer shows which replicas were in it.</summary>
    internal async Task LogDirEvents()
    {
        IReadOnlyList<string> names = await term.Znodes.Children(ZnodePaths.LogDirEvents, term.On("LogDirEvent", static term => term.Brokers.LogDirEvents()));
        string[] paths = [.. names.Select(name => $"{ZnodePaths.LogDirEvents}/{name}")];
        IReadOnlyList<DataResult> notices = await Pipelined.Run(paths, path => term.Znodes.Get(path).AsTask());
        IEnumerable<int> brokers = paths.Zip(notices).Where(notice => notice.Second.Code == Code.Ok).Select(notice => Decode(notice.First, notice.Second.Data));
        RequestBatch batch = term.NewBatch();
        foreach (int broker in brokers.Distinct())
        {
            foreach (Replica replica in Context.ReplicasOn(broker).Where(replica => Context.Leadership.ContainsKey(replica.Partition)))
            {
                batch.AddLeaderAndIsr([broker], replica.Partition, isNew: false);
            }
        }
        term.Send(batch);
        await term.Store.Delete(paths);
    }

    internal async Task Changed()
    {
        SortedDictionary<int, LiveBroker> present = await ReadRegistered();
        List<int> removed = [.. Context.Brokers.Keys.Where(id => !present.ContainsKey(id))];
        List<int> added = [.. present.Keys.Where(id => !Context.Brokers.ContainsKey(id))];
        List<int> restarted = [.. present.Keys.Where(id => Context.Brokers.TryGetValue(id, out LiveBroker? known) && present[id].Epoch > known.Epoch)];
        if (removed.Count + added.Count + restarted.Count == 0)
        {
            return;
        }
        long began = term.Time.GetTimestamp();
        term.Log.Brokers(added, removed, restarted);
        foreach (int id in removed.Concat(restarted))
        {
            Remove(id);
        }
        if (removed.Count + restarted.Count > 0)
        {
            await Failed([.. removed, .. restarted]);
        }
        foreach (int id in added.Concat(restarted))
        {
            await Add(id);
        }
        if (added.Count + restarted.Count > 0)
        {
            await Started([.. added, .. restarted]);
        }
        term.Metrics.Elected(term.Time.GetElapsedTime(began));
    }

    private async Task<SortedDictionary<int, LiveBroker>> ReadRegistered()
    {
        IReadOnlyList<string> names = await term.Znodes.Children(ZnodePaths.BrokerIds, term.On("BrokerChange", static term => term.Brokers.Changed()));
        SortedDictionary<int, LiveBroker> brokers = [];
        foreach (int id in names.Select(name => int.TryParse(name, out int id) ? id : -1).Where(id => id >= 0))
        {
            if (await Read(id) is { } found)
            {
                brokers[id] = new LiveBroker(found.Registration, found.Epoch);
            }
        }

        return brokers;
    }

    /// <summary>A registered broker; null where there is none, or where nobody can read how to reach it.</summary>
    private async Task<(BrokerRegistration Registration, long Epoch)?> Read(int id, Watcher? watcher = null)
    {
        try
        {
            return await term.Znodes.Broker(id, watcher);
        }
        catch (MalformedZnodeException problem)
        {
            term.Log.Unreadable(problem.Message);
            return null;
        }
    }

    private Watcher DataWatcherOf(int id) => term.On("BrokerModification", term => term.Brokers.Modified(id), $"{id}");

    /// <summary>Handles a broker that has changed its listeners or rack, or is gone, which is an event of its own.</summary>
    private async Task Modified(int id)
    {
        if (await Read(id, DataWatcherOf(id)) is not { } found || !Context.Brokers.TryGetValue(id, out LiveBroker? known)
            || found.Epoch != known.Epoch)
        {
            return;
        }
        Context.Brokers[id] = new LiveBroker(found.Registration, found.Epoch);
        RequestBatch batch = term.NewBatch();
        batch.AddUpdateMetadata(Context.Brokers.Keys, []);
        term.Send(batch);
    }

    /// <summary>
    /// Watches a broker's listeners and rack, and opens the channel to it. One that has gone meanwhile is left out: its end is an event to come.
    /// </summary>
    private async Task Add(int id)
    {
        if (await Read(id, DataWatcherOf(id)) is { } found)
        {
            LiveBroker broker = new(found.Registration, found.Epoch);
            Context.Brokers.Add(id, broker);
            term.Senders.Add(broker);
        }
    }

    private void Remove(int id)
    {
        Context.Brokers.Remove(id);
        Context.ShuttingDown.Remove(id);
        Context.OnOfflineFolders.RemoveWhere(replica => replica.Broker == id);
        term.Senders.Remove(id);
    }

    private async Task Started(IReadOnlyCollection<int> brokers)
    {
        RequestBatch batch = term.NewBatch();
        batch.AddUpdateMetadata(Context.Brokers.Keys.Where(id => !brokers.Contains(id)), []);
        term.Send(batch);
        // A broker learns which brokers are alive before it is to follow one of them.
        RequestBatch whole = term.NewBatch();
        whole.AddUpdateMetadata(brokers, Context.PartitionsWithState);
        whole.AddDeleted(brokers, term.Deleted.Without(Context.TopicIds));
        term.Send(whole);
        RequestBatch roles = term.NewBatch();
        await term.Replicas.Move(
            brokers.SelectMany(Context.ReplicasOn).Where(replica => !Context.IsBeingDeleted(replica.Partition.Topic)).ToList(), ReplicaState.Online, roles);
        term.Send(roles);
        RequestBatch elections = term.NewBatch();
        await term.Partitions.MoveToOnline(elections);
        term.Send(elections);
        foreach (int id in brokers)
        {
            await term.Deletion.RetryOn(id);
        }
    }

    private async Task Failed(IReadOnlyCollection<int> brokers)
    {
        RequestBatch batch = term.NewBatch();
        batch.AddUpdateMetadata(Context.Brokers.Keys, []);
        await ReplicasFailed(brokers.SelectMany(Context.ReplicasOn).ToList(), batch);
        await term.Deletion.Suspend(brokers);
    }

    private async Task ReplicasFailed(IReadOnlyList<Replica> replicas, RequestBatch batch)
    {
        HashSet<Replica> lost = replicas.ToHashSet();
        List<TopicPartition> leaderless = [.. Context.PartitionsWithState.Where(partition =>
            lost.Contains(new Replica(partition, Context.Leadership[partition].Leader)) && !Context.IsBeingDeleted(partition.Topic))];
        await term.Partitions.Move(leaderless, PartitionStatus.Offline, batch);
        await term.Partitions.MoveToOnline(batch);
        await term.Replicas.Move(replicas.Where(replica => !Context.IsBeingDeleted(replica.Partition.Topic)).ToList(), ReplicaState.Offline, batch);
        term.Send(batch);
    }

    /// <returns>The broker, or -1 where the notice cannot be read.</returns>
    private int Decode(string path, byte[]? notice)
    {
        try
        {
            return LogDirEventZnode.Decode(path, notice);
        }
        catch (MalformedZnodeException problem)
        {
            term.Log.NoticeDropped(problem.Message);
            return -1;
        }
    }

    private async Task LearnFolders(int broker, LeaderAndIsrRequest request, LeaderAndIsrResponse response)
    {
        if (response.ErrorCode != 0)
        {
            return;
        }
        Dictionary<Guid, string> names = request.TopicStates.ToDictionary(topic => topic.TopicId, topic => topic.TopicName);
        List<Replica> broken = new();
        foreach (LeaderAndIsrResponse.LeaderAndIsrTopicError topic in response.Topics)
        {
            foreach (LeaderAndIsrResponse.LeaderAndIsrPartitionError partition in topic.PartitionErrors)
            {
                Replica replica = new(new TopicPartition(names.GetValueOrDefault(topic.TopicId, partition.TopicName ?? ""), partition.PartitionIndex), broker);
                if ((ErrorCode)partition.ErrorCode == ErrorCode.KafkaStorageError && Context.HasPartition(replica.Partition)
                    && Context.OnOfflineFolders.Add(replica))
                {
                    broken.Add(replica);
                }
            }
        }

        if (broken.Count > 0)
        {
            await ReplicasFailed(broken, term.NewBatch());
        }
    }
}
