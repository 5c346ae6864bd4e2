using Broker.Protocol.Messages;
using Broker.Server.InterBroker;
using Broker.Simulation.Tests.Cluster;
using Broker.Simulation.Tests.Worlds;

namespace Broker.Simulation.Tests.Clients;

/// <summary>Who creates, expands, deletes and alters topics while brokers fail; what is refused or not answered is left at that.</summary>
internal sealed class SimOperator
{
    private const sbyte TopicResource = 2;
    private const int MaxPartitions = 3;
    private const short Replicas = 3;

    /// <summary>Settings and the values that they change between: the promises hold with all of them.</summary>
    private static readonly (string Name, string?[] Values)[] Settings =
    [
        ("min.insync.replicas", ["1", "2", null]),
        ("segment.bytes", ["300", "1000", null]),
        ("retention.bytes", ["3000", "-1", null]),
        ("retention.ms", ["20000", "-1", null]),
        ("unclean.leader.election.enable", ["false", null]),
    ];

    private readonly World _world;
    private readonly SimClient _client;
    private readonly TreeView _tree;
    private readonly CreateTopicsRequest.CreatableTopicConfig[] _initial;
    private readonly Action<string> _note;
    private readonly HashSet<string> _withLimits = new(StringComparer.Ordinal);

    /// <param name="world">The history.</param>
    /// <param name="network">Reaches the brokers.</param>
    /// <param name="tree">Says which topics are there.</param>
    /// <param name="initial">The settings that a topic is created with, and keeps.</param>
    /// <param name="note">Notes what is done.</param>
    public SimOperator(World world, SimNetwork network, TreeView tree, CreateTopicsRequest.CreatableTopicConfig[] initial, Action<string> note)
    {
        _world = world;
        _tree = tree;
        _initial = initial;
        _note = note;
        Node = new Node(world, "operator");
        _client = new SimClient(world, network, Node);
    }

    public Node Node { get; }

    /// <summary>Set to end the changes.</summary>
    public bool IsStopping { get; set; }

    /// <summary>Whether a topic has ever been given a retention that lets records be deleted within a history.</summary>
    public bool HasLimitedRetention(string topic) => _withLimits.Contains(topic);

    /// <summary>Changes topics until it is stopped.</summary>
    /// <param name="passing">The names of topics that come and go.</param>
    /// <param name="all">The names of topics whose settings change.</param>
    public void Begin(string[] passing, string[] all) => Node.Start(async () =>
    {
        while (!IsStopping)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_world.Random.Next(100, 3_000)), Node.Time);
            try
            {
                await Change(passing[_world.Random.Next(passing.Length)], all[_world.Random.Next(all.Length)]);
            }
            catch (BrokerUnreachableException)
            {
                // Whether it was done is unknown.
            }
        }
    });

    /// <summary>Creates a topic, and asks again until it is there.</summary>
    public void CreateForSure(string topic, int partitions) => Node.Start(async () =>
    {
        while (_tree.TopicId(topic) is null)
        {
            try
            {
                await Create(topic, partitions);
            }
            catch (BrokerUnreachableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), Node.Time);
            }
        }
    });

    private Task Change(string passing, string any)
    {
        Guid? id = _tree.TopicId(passing);
        return _world.Random.Next(6) switch
        {
            0 or 1 or 2 or 3 when id is null => Create(passing, _world.Random.Next(1, MaxPartitions)),
            0 when id is { } given => Delete(passing, given),
            1 when id is not null => Expand(passing),
            _ => Alter(any),
        };
    }

    private Task Create(string topic, int partitions)
    {
        _note($"topic {topic} is to be created");
        return _client.Ask<CreateTopicsRequest, CreateTopicsResponse>(_client.Controller(), new CreateTopicsRequest
        {
            Topics = [new() { Name = topic, NumPartitions = partitions, ReplicationFactor = Replicas, Configs = _initial }], TimeoutMs = 3_000,
        }, 5);
    }

    private Task Delete(string topic, Guid id)
    {
        _note($"topic {topic} is to be deleted");
        return _client.Ask<DeleteTopicsRequest, DeleteTopicsResponse>(
            _client.Controller(), new DeleteTopicsRequest { Topics = [new() { Name = null, TopicId = id }], TimeoutMs = 3_000 }, 6);
    }

    private Task Expand(string topic)
    {
        int count = _tree.Partitions(topic) + 1;
        if (count > MaxPartitions)
        {
            return Task.CompletedTask;
        }

        _note($"topic {topic} is to get partition {count - 1}");
        return _client.Ask<CreatePartitionsRequest, CreatePartitionsResponse>(_client.Controller(), new CreatePartitionsRequest
        {
            Topics = [new() { Name = topic, Count = count, Assignments = null }], TimeoutMs = 3_000,
        }, 3);
    }

    private Task Alter(string topic)
    {
        (string name, string?[] values) = Settings[_world.Random.Next(Settings.Length)];
        string? value = values[_world.Random.Next(values.Length)];
        _note($"{name} of topic {topic} is to be {value ?? "the default"}");
        if (name.StartsWith("retention", StringComparison.Ordinal) && value is not (null or "-1"))
        {
            _withLimits.Add(topic);
        }

        return _client.Ask<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(_client.AnyBroker(), new IncrementalAlterConfigsRequest
        {
            Resources =
            [
                new()
                {
                    ResourceType = TopicResource, ResourceName = topic,
                    Configs = [new() { Name = name, ConfigOperation = (sbyte)(value is null ? 1 : 0), Value = value }],
                },
            ],
        }, 1);
    }
}
