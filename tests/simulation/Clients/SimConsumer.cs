using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Clients;

/// <summary>
/// A consumer of one partition in a rack: it reads from the leader, or from the replica that the leader names (KIP-392). What it gets is what can be read, in
/// its order, and no leader of the same or a later epoch ends before it.
/// </summary>
internal sealed class SimConsumer
{
    private const string Topic = History.Topic;
    private const long Earliest = -2;
    private const int MaxBytes = 1 << 16;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Checker _checker;
    private readonly SimClient _client;
    private readonly string _rack;
    private readonly int _partition;
    private readonly Guid _topicId;
    private int _epoch = -1;
    private int? _replica;

    public SimConsumer(World world, SimNetwork network, Checker checker, Guid topicId, int partition, string rack)
    {
        _checker = checker;
        _topicId = topicId;
        _partition = partition;
        _rack = rack;
        Node = new Node(world, $"consumer-{partition}");
        _client = new SimClient(world, network, Node);
        Node.Start(Consume);
    }

    public Node Node { get; }

    /// <summary>The next offset that it reads.</summary>
    public long Position { get; private set; }

    /// <summary>How often a follower has given it records.</summary>
    public int FromFollowers { get; private set; }

    /// <summary>Whether it has everything that can be read.</summary>
    public bool IsAtEnd => Position == _checker.Read(_topicId, _partition).Count;

    private async Task Consume()
    {
        while (true)
        {
            try
            {
                (int leader, int epoch) = await _client.LeaderOf(Topic, _partition);
                // A broker that does not know the newest leader yet is asked again.
                if (epoch >= _epoch)
                {
                    _epoch = epoch;
                    await Read(leader, epoch);
                }
            }
            catch (BrokerUnreachableException)
            {
                _replica = null;
            }

            await Task.Delay(Pause, Node.Time);
        }
    }

    private async Task Read(int leader, int epoch)
    {
        int from = _replica ?? leader;
        FetchResponse.PartitionData answer = await Fetch(from, epoch);
        _replica = answer.PreferredReadReplica >= 0 ? answer.PreferredReadReplica : answer.ErrorCode == 0 ? _replica : null;
        if ((ErrorCode)answer.ErrorCode == ErrorCode.OffsetOutOfRange && from == leader)
        {
            await Skip(leader, epoch);
        }
        else if (answer is { ErrorCode: 0, Records: MemoryRecords { Length: > 0 } records })
        {
            Take(LogValues.In(records.Memory, Position), from);
            FromFollowers += from == leader ? 0 : 1;
        }
    }

    private void Take(IReadOnlyList<string> values, int broker)
    {
        IReadOnlyList<string> readable = _checker.Read(_topicId, _partition);
        (Position + values.Count).ShouldBeLessThanOrEqualTo(readable.Count, $"broker {broker} gives records of partition {_partition} that cannot be read yet");
        values.ShouldBe(readable.Skip((int)Position).Take(values.Count), $"broker {broker} takes back records of partition {_partition} from {Position} on");
        Position += values.Count;
    }

    /// <summary>What it would read next was deleted: it goes on with what is left.</summary>
    private async Task Skip(int leader, int epoch)
    {
        if (await _client.OffsetOf(Topic, _partition, leader, epoch, Earliest) is { } start)
        {
            start.ShouldBeGreaterThan(Position, $"partition {_partition} ends on broker {leader} before what was read, in epoch {epoch}");
            Position = start;
        }
    }

    private async Task<FetchResponse.PartitionData> Fetch(int broker, int epoch)
    {
        FetchResponse response = await _client.Ask<FetchRequest, FetchResponse>(broker, new FetchRequest
        {
            ReplicaId = -1,
            MinBytes = 1,
            MaxWaitMs = 200,
            MaxBytes = MaxBytes,
            SessionEpoch = -1,
            RackId = _rack,
            Topics =
            [
                new()
                {
                    Topic = Topic,
                    Partitions = [new() { Partition = _partition, CurrentLeaderEpoch = epoch, FetchOffset = Position, PartitionMaxBytes = MaxBytes }],
                },
            ],
        }, 12);
        return response.Responses[0].Partitions[0];
    }
}
