using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Clients;

/// <summary>A record that was acknowledged while one topic had the name, from before it was sent until after it was acknowledged.</summary>
internal readonly record struct TopicRecord(Guid TopicId, int Partition, long Offset, string Value);

/// <summary>
/// A client that sends each record once with acks=all, to a topic that comes and goes: a record without an answer may be there or not, and is not sent again.
/// </summary>
internal sealed class OnceProducer
{
    private readonly World _world;
    private readonly SimClient _client;
    private readonly TreeView _tree;
    private readonly string _topic;
    private int _sent;

    public OnceProducer(World world, SimNetwork network, TreeView tree, string topic)
    {
        _world = world;
        _tree = tree;
        _topic = topic;
        Node = new Node(world, $"once-{topic}");
        _client = new SimClient(world, network, Node);
        Node.Start(Produce);
    }

    public Node Node { get; }

    public List<TopicRecord> Acknowledgements { get; } = [];

    /// <summary>Set to end after the record that is under way.</summary>
    public bool IsStopping { get; set; }

    public bool IsRunning { get; private set; } = true;

    private async Task Produce()
    {
        while (!IsStopping)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_world.Random.Next(1, 400)), Node.Time);
            if (_tree.TopicId(_topic) is { } id)
            {
                await Send(id, _world.Random.Next(Math.Max(1, _tree.Partitions(_topic))), $"{Node.Name}/{_sent++}");
            }
        }

        IsRunning = false;
    }

    private async Task Send(Guid id, int partition, string value)
    {
        try
        {
            (int leader, int _) = await _client.LeaderOf(_topic, partition);
            ProduceResponse response = await _client.Ask<ProduceRequest, ProduceResponse>(leader, new ProduceRequest
            {
                Acks = -1,
                TimeoutMs = 3_000,
                TopicData =
                [
                    new() { Name = _topic, PartitionData = [new() { Index = partition, Records = Batches.Of(new BatchOptions(), Node.Time, [value]) }] },
                ],
            }, 9);
            ProduceResponse.PartitionProduceResponse answer = response.Responses[0].PartitionResponses[0];
            ((ErrorCode)answer.ErrorCode).ShouldNotBe(ErrorCode.UnknownServerError, $"{Node.Name} gets an error");
            if (answer.ErrorCode == 0 && _tree.TopicId(_topic) == id)
            {
                Acknowledgements.Add(new TopicRecord(id, partition, answer.BaseOffset, value));
            }
        }
        catch (BrokerUnreachableException)
        {
            // Whether the record is there is unknown.
        }
    }
}
