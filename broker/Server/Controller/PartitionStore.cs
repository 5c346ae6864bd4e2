using Broker.Coordination;
using Broker.Server.Metadata.Znodes;
using Broker.Storage;

namespace Broker.Server.Controller;

/// <summary>Another controller has been elected: this one must stop at once.</summary>
internal sealed class ControllerMovedException : Exception
{
    public ControllerMovedException()
        : base("Another broker has become the controller")
    {
    }

    public ControllerMovedException(string message)
        : base(message)
    {
    }

    public ControllerMovedException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

/// <summary>
/// The controller's writes: each is a multi that first checks the version of the controller epoch's znode, so that a former controller can write nothing. <see
/// cref="ControllerMovedException"/> when that check fails.
/// </summary>
internal sealed class PartitionStore(ZnodeClient znodes, int controllerEpochVersion)
{
    /// <summary>Operations of one multi; a thousand paths of ordinary length stay far below ZooKeeper's 1 MiB a request.</summary>
    private const int MaxOperations = 1000;

    /// <summary>Writes the first states; the partitions' folders are made with them.</summary>
    internal async Task<IReadOnlyList<Code>> Create(IReadOnlyList<(TopicPartition Partition, LeaderAndIsr State)> states)
    {
        foreach (string topic in states.Select(state => state.Partition.Topic).Distinct(StringComparer.Ordinal))
        {
            await Write([new Op.Create(ZnodePaths.Partitions(topic), null)], Code.NodeExists);
        }
        return await InParallel(states, state => Write(
            [new Op.Create(ZnodePaths.Partition(state.Partition), null), new Op.Create(ZnodePaths.PartitionState(state.Partition), state.State.Encode())],
            Code.NodeExists));
    }

    /// <summary>Overwrites states whose version is their partition epoch.</summary>
    internal Task<IReadOnlyList<Code>> Update(IReadOnlyList<(TopicPartition Partition, LeaderAndIsr State)> states) => InParallel(states, state => Write(
        [new Op.SetData(ZnodePaths.PartitionState(state.Partition), state.State.Encode(), state.State.PartitionEpoch)], Code.BadVersion));

    /// <summary>A partition's state as it is now.</summary>
    internal ValueTask<LeaderAndIsr?> Read(TopicPartition partition) => znodes.PartitionState(partition);

    /// <summary>Does some operations as the controller. Throws for any code other than Ok and the tolerated one.</summary>
    internal async Task<Code> Write(IReadOnlyList<Op> operations, Code tolerated = Code.Ok, Code alsoTolerated = Code.Ok)
    {
        MultiResult result = await znodes.Session.Multi([new Op.Check(ZnodePaths.ControllerEpoch, controllerEpochVersion), .. operations]);
        if (result.Results.Count > 0 && result.Results[0].Code is Code.BadVersion or Code.NoNode && result.Results[0].Code != Code.Ok)
        {
            throw new ControllerMovedException();
        }
        if (result.Code != Code.Ok && result.Code != tolerated && result.Code != alsoTolerated)
        {
            throw new CoordinationLostException(result.Code, operations[0].Path);
        }
        return result.Code;
    }

    /// <summary>Removes all that is known of a topic; its own znode is removed last, with its configuration and the request to delete it.</summary>
    internal async Task DeleteTopic(string topic)
    {
        List<Op> operations = new();
        foreach (string partition in await znodes.Children(ZnodePaths.Partitions(topic)))
        {
            string path = $"{ZnodePaths.Partitions(topic)}/{partition}";
            if (await znodes.Exists(path + "/state"))
            {
                operations.Add(new Op.Delete(path + "/state"));
            }
            operations.Add(new Op.Delete(path));
        }

        foreach (Op[] chunk in operations.Chunk(MaxOperations))
        {
            await Write(chunk);
        }
        List<Op> rest = new();
        foreach (string path in new[] { ZnodePaths.Partitions(topic), ZnodePaths.Topic(topic), ZnodePaths.TopicConfig(topic), ZnodePaths.DeleteTopic(topic) })
        {
            if (await znodes.Exists(path))
            {
                rest.Add(new Op.Delete(path));
            }
        }

        if (rest.Count > 0)
        {
            await Write(rest);
        }
    }

    /// <summary>All are sent before one is waited for: they share the journal's flush, or ZooKeeper's round trip.</summary>
    private static async Task<IReadOnlyList<Code>> InParallel<T>(IReadOnlyList<T> items, Func<T, Task<Code>> write) => await Task.WhenAll(items.Select(write));
}
