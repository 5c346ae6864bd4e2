using Broker.Coordination;
using Broker.Storage;

namespace Broker.Server.Metadata.Znodes;

/// <summary>
/// Kafka's znodes as typed values. A znode that is missing or has another version is a value; a lost or failed session is a <see
/// cref="CoordinationLostException"/>. From any thread.
/// </summary>
internal sealed class ZnodeClient(ClusterSession session)
{
    internal ICoordinationSession Session => session.Current;

    /// <summary>Makes the paths that every cluster has.</summary>
    internal async ValueTask CreatePersistentPaths()
    {
        foreach (string path in ZnodePaths.Persistent)
        {
            Expect((await Session.Create(path, null)).Code, path, Code.NodeExists);
        }
    }

    /// <summary>The cluster's id; the first broker makes one.</summary>
    internal async ValueTask<string> GetOrCreateClusterId(string proposed)
    {
        CreateResult created = await Session.Create(ZnodePaths.ClusterId, ClusterIdZnode.Encode(proposed));
        Expect(created.Code, ZnodePaths.ClusterId, Code.NodeExists);
        return await ClusterId() ?? throw new CoordinationLostException(Code.NoNode, ZnodePaths.ClusterId);
    }

    /// <summary>The cluster's id; null where the tree has none.</summary>
    internal async ValueTask<string?> ClusterId()
    {
        DataResult found = await Get(ZnodePaths.ClusterId);
        return found.Code == Code.Ok ? ClusterIdZnode.Decode(found.Data) : null;
    }

    /// <summary>A broker id that no other broker has: the number of writes of a znode, above the ids that operators choose themselves.</summary>
    internal async ValueTask<int> GenerateBrokerId(int reservedMax)
    {
        StatResult result = await Session.SetData(ZnodePaths.BrokerSequence, [], Op.AnyVersion);
        Expect(result.Code, ZnodePaths.BrokerSequence);
        return reservedMax + result.Stat.Version;
    }

    /// <summary>The names below a path; none when the path is not there.</summary>
    internal async ValueTask<IReadOnlyList<string>> Children(string path, Watcher? watcher = null)
    {
        ChildrenResult result = await Session.GetChildren(path, watcher);
        Expect(result.Code, path, Code.NoNode);
        return result.Children ?? [];
    }

    /// <summary>Reads a znode; <see cref="Code.NoNode"/> when it is not there.</summary>
    internal async ValueTask<DataResult> Get(string path, Watcher? watcher = null)
    {
        DataResult result = await Session.GetData(path, watcher);
        Expect(result.Code, path, Code.NoNode);
        return result;
    }

    /// <summary>Whether a znode is there; the watcher is left in both cases.</summary>
    internal async ValueTask<bool> Exists(string path, Watcher? watcher = null)
    {
        StatResult result = await Session.Exists(path, watcher);
        Expect(result.Code, path, Code.NoNode);
        return result.Code == Code.Ok;
    }

    /// <summary>The registered broker and its epoch, or null.</summary>
    internal async ValueTask<(BrokerRegistration Registration, long Epoch)?> Broker(int id, Watcher? watcher = null)
    {
        DataResult result = await Get(ZnodePaths.Broker(id), watcher);
        return result.Code == Code.Ok ? (BrokerRegistration.Decode(id, result.Data), result.Stat.Czxid) : null;
    }

    /// <summary>A topic and its znode's version, or null.</summary>
    internal async ValueTask<(TopicZnode Topic, int Version)?> Topic(string topic, Watcher? watcher = null)
    {
        DataResult result = await Get(ZnodePaths.Topic(topic), watcher);
        return result.Code == Code.Ok ? (TopicZnode.Decode(topic, result.Data), result.Stat.Version) : null;
    }

    /// <summary>A partition's state, or null.</summary>
    internal async ValueTask<LeaderAndIsr?> PartitionState(TopicPartition partition)
    {
        DataResult result = await Get(ZnodePaths.PartitionState(partition));
        return result.Code == Code.Ok ? LeaderAndIsr.Decode(partition, result.Data, result.Stat.Version) : null;
    }

    /// <summary>The active controller's broker id, or -1.</summary>
    internal async ValueTask<int> ControllerId()
    {
        DataResult result = await Get(ZnodePaths.Controller);
        return result.Code == Code.Ok ? ControllerZnode.Decode(result.Data) : -1;
    }

    /// <summary>The dynamic configuration of an entity ("topics/foo"); empty when it has none.</summary>
    internal async ValueTask<IReadOnlyDictionary<string, string>> Config(string entityPath)
    {
        string path = ZnodePaths.Config(entityPath);
        DataResult result = await Get(path);
        return result.Code == Code.Ok && result.Data is { Length: > 0 } ? ConfigZnode.Decode(path, result.Data)
            : new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary>
    /// Sets an entity's whole dynamic configuration and notifies all brokers, in one multi: without the notice a change would take effect at the next start
    /// only. The update of an existing znode is refused when there is no controller: false then.
    /// </summary>
    internal async ValueTask<bool> SetConfig(string entityPath, IReadOnlyDictionary<string, string> values)
    {
        string path = ZnodePaths.Config(entityPath);
        byte[] data = ConfigZnode.Encode(values);
        Op.Create notice = new(ZnodePaths.ConfigChangePrefix, ConfigChangeZnode.Encode(entityPath), CreateMode.PersistentSequential);
        MultiResult created = await Session.Multi([new Op.Create(path, data), notice]);
        Expect(created.Code, path, Code.NodeExists);
        return created.Code == Code.Ok || await OverwriteConfig(path, data, notice);
    }

    /// <summary>Notifies the controller that a broker has lost a log directory.</summary>
    internal async ValueTask NoteFailedDirectory(int brokerId)
        => Expect((await Session.Create(ZnodePaths.LogDirEventPrefix, LogDirEventZnode.Encode(brokerId), CreateMode.PersistentSequential)).Code,
        ZnodePaths.LogDirEvents);

    /// <summary>Throws unless a code is Ok or the one that is tolerated.</summary>
    internal static void Expect(Code code, string path, Code tolerated = Code.Ok)
    {
        if (code != Code.Ok && code != tolerated)
        {
            throw new CoordinationLostException(code, path);
        }
    }

    private async ValueTask<bool> OverwriteConfig(string path, byte[] data, Op notice)
    {
        StatResult controller = await Session.Exists(ZnodePaths.Controller);
        Expect(controller.Code, ZnodePaths.Controller, Code.NoNode);
        if (controller.Code == Code.NoNode)
        {
            return false;
        }
        MultiResult result = await Session.Multi([new Op.Check(ZnodePaths.Controller, controller.Stat.Version), new Op.SetData(path, data), notice]);
        if (result.Code is Code.NoNode or Code.BadVersion)
        {
            return false;
        }
        Expect(result.Code, path);
        return true;
    }
}
