using Broker.Coordination;
using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Brokers that come, go, restart, lose a folder or go down in order.</summary>
internal sealed class BrokerChanges(ControllerReign reign)
{
    private ControllerContext Context => reign.Context;

    /// <summary>Reads the registered brokers, leaves the watches, opens the ways to them.</summary>
    internal async Task Load()
    {
        foreach (LiveBroker broker in (await ReadRegistered()).Values)
        {
            Add(broker);
        }
    }

    /// <summary>Leaves the watch for brokers that report a broken folder.</summary>
    internal async Task WatchLogDirEvents() => await reign.Znodes.Children(ZnodePaths.LogDirEvents, reign.On("LogDirEvent", LogDirEvents));

    /// <summary>A broker has answered.</summary>
    internal async Task Answered(BrokerAnswers answers)
    {
        int broker = answers.Requests.Broker;
        if (answers.LeaderAndIsr is not null)
        {
            await LearnFolders(broker, answers.Requests.LeaderAndIsr!, answers.LeaderAndIsr);
        }
        if (answers.StopReplica is not null)
        {
            await reign.Deletion.Answered(broker, answers.Requests.StopReplica!, answers.StopReplica);
        }
    }

    /// <summary>Moves what a broker leads to others, and its replicas out of the in-sync ones. The partitions that it still leads though others hold
    /// them.</summary>
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
        RequestBatch batch = reign.NewBatch();
        await reign.Partitions.Move(led.Select(replica => replica.Partition), PartitionStatus.Online, batch, ElectionKind.ControlledShutdown);
        List<Replica> followed = shared.Except(led).ToList();
        foreach (Replica replica in followed)
        {
            batch.AddStopReplica(replica, delete: false);
        }
        await reign.Replicas.Move(followed, ReplicaState.Offline, batch);
        await reign.Send(batch);
        List<TopicPartition> remaining = shared.Where(replica => Context.Leadership[replica.Partition].Leader
            == broker).Select(replica => replica.Partition).ToList();
        reign.Log.Shutdown(broker, remaining.Count);
        return (ErrorCode.None, remaining);
    }

    private async Task Changed()
    {
        Dictionary<int, LiveBroker> present = await ReadRegistered();
        HashSet<int> gone = Context.Brokers.Keys.Where(id => !present.ContainsKey(id)).ToHashSet();
        HashSet<int> added = present.Keys.Where(id => !Context.Brokers.ContainsKey(id)).ToHashSet();
        HashSet<int> restarted = present.Keys.Where(id => Context.Brokers.TryGetValue(id, out LiveBroker? known)
            && present[id].Epoch > known.Epoch).ToHashSet();
        if (gone.Count + added.Count + restarted.Count == 0)
        {
            return;
        }
        reign.Log.Brokers(added, gone, restarted);
        foreach (int id in gone.Concat(restarted))
        {
            await Remove(id);
        }
        if (gone.Count + restarted.Count > 0)
        {
            await Failed(gone.Concat(restarted).ToHashSet());
        }
        foreach (int id in added.Concat(restarted))
        {
            Add(present[id]);
        }
        if (added.Count + restarted.Count > 0)
        {
            await Started(added.Concat(restarted).ToHashSet());
        }
    }

    private async Task<Dictionary<int, LiveBroker>> ReadRegistered()
    {
        Dictionary<int, LiveBroker> brokers = new();
        foreach (string name in await reign.Znodes.Children(ZnodePaths.BrokerIds, reign.On("BrokerChange", Changed)))
        {
            int id = int.Parse(name);
            if (await reign.Znodes.Broker(id, DataWatcherOf(id)) is { } found)
            {
                brokers[id] = new LiveBroker(found.Registration, found.Epoch);
            }
        }

        return brokers;
    }

    private Watcher DataWatcherOf(int id) => notice =>
    {
        if (notice.Type == EventType.NodeDataChanged)
        {
            reign.Post("BrokerModification", () => Modified(id));
        }
    };

    /// <summary>A broker has other listeners or another rack.</summary>
    private async Task Modified(int id)
    {
        if (await reign.Znodes.Broker(id, DataWatcherOf(id)) is not { } found || !Context.Brokers.TryGetValue(id, out LiveBroker? known)
            || found.Epoch != known.Epoch)
        {
            return;
        }
        Context.Brokers[id] = new LiveBroker(found.Registration, found.Epoch);
        RequestBatch batch = reign.NewBatch();
        batch.AddUpdateMetadata(Context.Brokers.Keys, []);
        await reign.Send(batch);
    }

    private void Add(LiveBroker broker)
    {
        Context.Brokers.Add(broker.Registration.Id, broker);
        reign.Senders.Add(broker);
    }

    private async Task Remove(int id)
    {
        Context.Brokers.Remove(id);
        Context.ShuttingDown.Remove(id);
        Context.OnOfflineFolders.RemoveWhere(replica => replica.Broker == id);
        await reign.Senders.Remove(id);
    }

    private async Task Started(HashSet<int> brokers)
    {
        RequestBatch batch = reign.NewBatch();
        batch.AddUpdateMetadata(Context.Brokers.Keys.Where(id => !brokers.Contains(id)), []);
        await reign.Send(batch);
        RequestBatch whole = reign.NewBatch();
        whole.AddUpdateMetadata(brokers, Context.Leadership.Keys);
        await reign.Replicas.Move(
            brokers.SelectMany(Context.ReplicasOn).Where(replica => !Context.IsBeingDeleted(replica.Partition.Topic)).ToList(), ReplicaState.Online, whole);
        await reign.Send(whole);
        RequestBatch elections = reign.NewBatch();
        await reign.Partitions.MoveToOnline(elections);
        await reign.Send(elections);
        foreach (int id in brokers)
        {
            await reign.Deletion.RetryOn(id);
        }
    }

    private async Task Failed(HashSet<int> brokers)
    {
        RequestBatch batch = reign.NewBatch();
        batch.AddUpdateMetadata(Context.Brokers.Keys, []);
        await ReplicasFailed(brokers.SelectMany(Context.ReplicasOn).ToList(), batch);
        reign.Deletion.Suspend(brokers);
    }

    private async Task ReplicasFailed(IReadOnlyList<Replica> replicas, RequestBatch batch)
    {
        HashSet<Replica> lost = replicas.ToHashSet();
        List<TopicPartition> leaderless = Context.Leadership
            .Where(entry => lost.Contains(new Replica(entry.Key, entry.Value.Leader)) && !Context.IsBeingDeleted(entry.Key.Topic))
            .Select(entry => entry.Key)
            .ToList();
        await reign.Partitions.Move(leaderless, PartitionStatus.Offline, batch);
        await reign.Partitions.MoveToOnline(batch);
        await reign.Replicas.Move(replicas.Where(replica => !Context.IsBeingDeleted(replica.Partition.Topic)).ToList(), ReplicaState.Offline, batch);
        await reign.Send(batch);
    }

    /// <summary>Brokers with a broken folder are told everything again: their answers say which replicas it held.</summary>
    private async Task LogDirEvents()
    {
        RequestBatch batch = reign.NewBatch();
        foreach (string name in await reign.Znodes.Children(ZnodePaths.LogDirEvents, reign.On("LogDirEvent", LogDirEvents)))
        {
            string path = $"{ZnodePaths.LogDirEvents}/{name}";
            DataResult notice = await reign.Znodes.Get(path);
            if (notice.Code != Code.Ok)
            {
                continue;
            }
            int broker = LogDirEventZnode.Decode(path, notice.Data);
            foreach (Replica replica in Context.ReplicasOn(broker).Where(replica => Context.Leadership.ContainsKey(replica.Partition)).ToList())
            {
                batch.AddLeaderAndIsr([broker], replica.Partition, isNew: false);
            }
            await reign.Store.Write([new Op.Delete(path)], Code.NoNode);
        }

        await reign.Send(batch);
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
            await ReplicasFailed(broken, reign.NewBatch());
        }
    }
}
