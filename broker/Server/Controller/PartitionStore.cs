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
internal sealed class PartitionStore(ZnodeClient znodes, int controllerEpochVersion, ControllerLog log)
{
    /// <summary>
    /// Partitions of one multi: enough that its round trip and its flush cost little each, few enough to be written again one by one; their paths and states
    /// stay far below ZooKeeper's 1 MiB a request.
    /// </summary>
    private const int MaxPartitions = 200;

    /// <summary>
    /// Writes the first states; the partitions' folders are made where they are missing, because Apache's controller makes folders and states apart and may die
    /// between. <see cref="Code.NodeExists"/> where a partition has a state, <see cref="Code.NoNode"/> where its topic is gone.
    /// </summary>
    internal async Task<IReadOnlyList<Code>> Create(IReadOnlyList<(TopicPartition Partition, LeaderAndIsr State)> states)
    {
        await Pipelined.Run(
            [.. states.Select(state => state.Partition.Topic).Distinct(StringComparer.Ordinal)],
            topic => Write([new Op.Create(ZnodePaths.Partitions(topic), null)], Code.NodeExists, Code.NoNode));
        return await WriteEach(states, Created, Create);
    }

    /// <summary>Overwrites states whose version is their partition epoch: <see cref="Code.BadVersion"/> where it is not, <see cref="Code.NoNode"/> where there
    /// is none.</summary>
    internal Task<IReadOnlyList<Code>> Update(IReadOnlyList<(TopicPartition Partition, LeaderAndIsr State)> states) =>
        WriteEach(states, Updated, state => Write(Updated(state), Code.BadVersion, Code.NoNode));

    /// <summary>The partitions' states as they are now; null for those without one, <see cref="LeaderAndIsr.Unreadable"/> for a malformed one.</summary>
    internal Task<IReadOnlyList<LeaderAndIsr?>> Read(IReadOnlyCollection<TopicPartition> partitions) => Pipelined.Run(partitions, Read);

    /// <summary>Does some operations as the controller. Throws for any code other than Ok and the tolerated one.</summary>
    internal async Task<Code> Write(IReadOnlyList<Op> operations, Code tolerated = Code.Ok, Code alsoTolerated = Code.Ok)
    {
        MultiResult result = await Multi(operations);
        if (result.Code != Code.Ok && result.Code != tolerated && result.Code != alsoTolerated)
        {
            throw new CoordinationLostException(result.Code, operations[0].Path);
        }
        return result.Code;
    }

    /// <summary>Deletes znodes without children; those that are not there are as good as deleted.</summary>
    internal Task Delete(IReadOnlyCollection<string> paths) => Pipelined.Run(paths, path => Write([new Op.Delete(path)], Code.NoNode));

    /// <summary>Does an operation as the controller, and returns its code, whichever it is.</summary>
    internal async Task<Code> TryWrite(Op operation) => (await Multi([operation])).Code;

    /// <summary>Removes all that is known of a topic; its own znode is removed last, with its configuration and the request to delete it.</summary>
    internal async Task DeleteTopic(string topic)
    {
        string[] folders = [.. (await znodes.Children(ZnodePaths.Partitions(topic))).Select(partition => $"{ZnodePaths.Partitions(topic)}/{partition}")];
        await WriteEach(folders, Deleted, Delete);
        string[] paths = [ZnodePaths.Partitions(topic), ZnodePaths.Topic(topic), ZnodePaths.TopicConfig(topic), ZnodePaths.DeleteTopic(topic)];
        IReadOnlyList<bool> areThere = await Pipelined.Run(paths, path => znodes.Exists(path).AsTask());
        Op[] rest = [.. paths.Where((_, index) => areThere[index]).Select(path => new Op.Delete(path))];
        if (rest.Length > 0)
        {
            await Write(rest);
        }
    }

    private async Task<LeaderAndIsr?> Read(TopicPartition partition)
    {
        try
        {
            return await znodes.PartitionState(partition);
        }
        catch (MalformedZnodeException problem)
        {
            log.Unreadable(problem.Message);
            return LeaderAndIsr.Unreadable;
        }
    }

    private static Op[] Created((TopicPartition Partition, LeaderAndIsr State) state) =>
    [
        new Op.Create(ZnodePaths.Partition(state.Partition), null), new Op.Create(ZnodePaths.PartitionState(state.Partition), state.State.Encode()),
    ];

    private static Op[] Updated((TopicPartition Partition, LeaderAndIsr State) state) =>
        [new Op.SetData(ZnodePaths.PartitionState(state.Partition), state.State.Encode(), state.State.PartitionEpoch)];

    private async Task<Code> Create((TopicPartition Partition, LeaderAndIsr State) state)
    {
        Op[] operations = Created(state);
        Code code = await Write(operations, Code.NodeExists, Code.NoNode);
        return code == Code.NodeExists ? await Write(operations[1..], Code.NodeExists, Code.NoNode) : code;
    }

    private static Op[] Deleted(string folder) => [new Op.Delete($"{folder}/state"), new Op.Delete(folder)];

    private async Task<Code> Delete(string folder)
    {
        Op[] operations = Deleted(folder);
        Code code = await Write(operations, Code.NoNode);
        return code == Code.NoNode ? await Write(operations[1..], Code.NoNode) : code;
    }

    /// <summary>Many partitions in each multi; the partitions of a multi of which one could not be written are written one by one.</summary>
    private async Task<IReadOnlyList<Code>> WriteEach<T>(IReadOnlyList<T> items, Func<T, Op[]> operations, Func<T, Task<Code>> alone)
    {
        async Task<IReadOnlyList<Code>> WriteSome(T[] some)
        {
            Op[] together = [.. some.SelectMany(operations)];
            return some.Length > 1 && (await Multi(together)).Code == Code.Ok ? [.. some.Select(_ => Code.Ok)] : await Pipelined.Run(some, alone);
        }

        return [.. (await Pipelined.Run([.. items.Chunk(MaxPartitions)], WriteSome)).SelectMany(codes => codes)];
    }

    /// <summary>Does operations as the controller, all or none. Throws where this broker no longer is the controller.</summary>
    private async Task<MultiResult> Multi(IReadOnlyList<Op> operations)
    {
        MultiResult result = await znodes.Session.Multi([new Op.Check(ZnodePaths.ControllerEpoch, controllerEpochVersion), .. operations]);
        return result.Results is [{ Code: Code.BadVersion or Code.NoNode }, ..] ? throw new ControllerMovedException() : result;
    }
}
