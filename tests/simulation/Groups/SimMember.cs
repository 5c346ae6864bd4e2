using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Clients;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Groups;

/// <summary>
/// A member of a group: it joins, commits for the partitions that it is assigned, leaves now and then, and joins again. After any error it joins with other
/// metadata, so that the group gets a new generation, in which an earlier commit without an answer cannot be stored any more.
/// </summary>
internal sealed class SimMember
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly World _world;
    private readonly GroupPromises _promises;
    private readonly GroupClient _client;
    private string _id = "";
    private int _joins;

    public SimMember(World world, SimNetwork network, string group, string name, GroupPromises promises)
    {
        _world = world;
        _promises = promises;
        Node = new Node(world, name);
        _client = new GroupClient(new SimClient(world, network, Node), group);
        Node.Start(Live);
    }

    public Node Node { get; }

    /// <summary>The generation that it works in; null while it is in none.</summary>
    public int? Generation { get; private set; }

    /// <summary>Set to end: it reads all committed offsets once more and leaves.</summary>
    public bool IsStopping { get; set; }

    public bool IsRunning { get; private set; } = true;

    /// <summary>Whether it leaves the group now and then.</summary>
    public bool MayLeave { get; set; } = true;

    /// <summary>False from a crash to the next start.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>The process dies, and another one starts later.</summary>
    public void Crash(TimeSpan duration)
    {
        Node.Crash();
        IsUp = false;
        _id = "";
        Generation = null;
        _world.Add(Node, duration, () =>
        {
            IsUp = true;
            Node.Start(Live);
        });
    }

    private async Task Live()
    {
        while (!IsStopping)
        {
            await TryOnce(JoinAndWork);
            Generation = null;
            await Task.Delay(Pause, Node.Time);
        }

        while (!await TryOnce(ReadAllAndLeave))
        {
            await Task.Delay(Pause, Node.Time);
        }

        IsRunning = false;
    }

    /// <returns>Whether all was answered and done.</returns>
    private static async Task<bool> TryOnce(Func<Task<bool>> work)
    {
        try
        {
            return await work();
        }
        catch (BrokerUnreachableException)
        {
            return false;
        }
    }

    private async Task<bool> JoinAndWork()
    {
        if (await _client.FindCoordinator() is not { } coordinator || await Join(coordinator) is not { } joined)
        {
            return false;
        }

        SyncGroupResponse synced = await _client.Sync(coordinator, _id, joined.GenerationId, joined.Leader == _id ? Assign(joined) : []);
        if (synced.ErrorCode != 0)
        {
            return false;
        }

        int[] partitions = [.. synced.Assignment.ToArray().Select(partition => (int)partition)];
        _promises.NoteAssignment(joined.GenerationId, _id, partitions);
        Generation = joined.GenerationId;
        return await ReadCommitted(coordinator, partitions) && await Work(coordinator, joined.GenerationId, partitions);
    }

    private async Task<JoinGroupResponse?> Join(int coordinator)
    {
        byte[] metadata = BitConverter.GetBytes(++_joins);
        JoinGroupResponse joined = await _client.Join(coordinator, _id, metadata);
        if ((ErrorCode)joined.ErrorCode == ErrorCode.MemberIdRequired)
        {
            _id = joined.MemberId;
            joined = await _client.Join(coordinator, _id, metadata);
        }

        if ((ErrorCode)joined.ErrorCode == ErrorCode.UnknownMemberId)
        {
            _id = "";
        }

        return joined.ErrorCode == 0 ? joined : null;
    }

    /// <summary>The partitions in turn to the members; an assignment has one byte a partition.</summary>
    private static SyncGroupRequest.SyncGroupRequestAssignment[] Assign(JoinGroupResponse joined) =>
    [
        .. joined.Members.Select((member, i) => new SyncGroupRequest.SyncGroupRequestAssignment
        {
            MemberId = member.MemberId,
            Assignment = Enumerable.Range(0, History.Partitions).Where(partition => partition % joined.Members.Length == i).Select(p => (byte)p).ToArray(),
        }),
    ];

    private async Task<bool> ReadCommitted(int coordinator, IEnumerable<int> partitions)
    {
        foreach (int partition in partitions)
        {
            Commit? before = _promises.Answered(partition);
            (ErrorCode error, Commit? read) = await _client.Committed(coordinator, partition);
            if (error != ErrorCode.None)
            {
                return false;
            }

            _promises.CheckRead(partition, before is { } last && last.Generation > Generation ? null : before, read);
        }

        return true;
    }

    private async Task<bool> Work(int coordinator, int generation, int[] partitions)
    {
        while (!IsStopping)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_world.Random.Next(50, 1_000)), Node.Time);
            if (MayLeave && _world.Random.Next(40) == 0)
            {
                await Leave(coordinator);
                return true;
            }

            if (await _client.Heartbeat(coordinator, _id, generation) != ErrorCode.None || !await CommitAll(coordinator, generation, partitions))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> CommitAll(int coordinator, int generation, int[] partitions)
    {
        foreach (int partition in partitions)
        {
            Commit commit = new(generation, _promises.NextOffset());
            if (await _client.Commit(coordinator, _id, partition, commit) != ErrorCode.None)
            {
                return false;
            }

            _promises.NoteAnswer(partition, commit);
        }

        return true;
    }

    private async Task<bool> ReadAllAndLeave()
    {
        if (await _client.FindCoordinator() is not { } coordinator)
        {
            return false;
        }

        Generation = int.MaxValue;
        bool isRead = await ReadCommitted(coordinator, Enumerable.Range(0, History.Partitions));
        if (isRead && _id.Length > 0)
        {
            await Leave(coordinator);
        }

        return isRead;
    }

    private async Task Leave(int coordinator)
    {
        string former = _id;
        _id = "";
        await _client.Leave(coordinator, former);
    }
}
