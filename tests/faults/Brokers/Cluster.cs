using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Running;

namespace Faults.Tests.Brokers;

/// <summary>Three brokers in processes of their own on a real ZooKeeper, each in a rack; a record needs two of them.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const int Size = 3;

    private const int SessionTimeoutMs = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder;
    private readonly ZooKeeperServer _zooKeeper;
    private readonly BrokerProcess[] _brokers;

    private Cluster(TempFolder folder, ZooKeeperServer zooKeeper, BrokerProcess[] brokers) => (_folder, _zooKeeper, _brokers) = (folder, zooKeeper, brokers);

    /// <summary>Longer than a session: a broker that is away for so long is dead to the others.</summary>
    public static TimeSpan LongerThanASession { get; } = TimeSpan.FromMilliseconds(SessionTimeoutMs * 2);

    public string BootstrapServers => string.Join(',', _brokers.Select(broker => broker.BootstrapServers));

    public string Log => string.Join('\n', _brokers.Select((broker, i) => $"--- broker {i + 1}\n{broker.Log}"));

    /// <summary>By id, from 1.</summary>
    public BrokerProcess this[int id] => _brokers[id - 1];

    public static async Task<Cluster> StartAsync()
    {
        TempFolder folder = new();
        ZooKeeperServer zooKeeper = await ZooKeeperServer.StartAsync(folder);
        BrokerProcess[] brokers = await Task.WhenAll(Enumerable.Range(1, Size).Select(id => BrokerProcess.StartAsync(folder[$"broker-{id}"],
            $"broker.id={id}", $"broker.rack=rack-{id}", $"zookeeper.connect={zooKeeper.Address}", $"zookeeper.session.timeout.ms={SessionTimeoutMs}",
            "default.replication.factor=3", "min.insync.replicas=2", "offsets.topic.replication.factor=3", "offsets.topic.num.partitions=4",
            "replica.lag.time.max.ms=3000")));
        return new Cluster(folder, zooKeeper, brokers);
    }

    public IAdminClient NewAdmin() => new AdminClientBuilder(ClientSettings.Admin(BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();

    public async Task CreateTopicAsync(string name, int partitions)
    {
        using IAdminClient admin = NewAdmin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = name, NumPartitions = partitions, ReplicationFactor = Size,
            Configs = new Dictionary<string, string> { ["segment.bytes"] = "262144", ["retention.ms"] = "-1" },
        }]);
    }

    /// <summary>The broker that leads a partition, or that controls the cluster; an id from 1.</summary>
    public int LeaderOf(string topic, int partition)
    {
        using IAdminClient admin = NewAdmin();
        return admin.GetMetadata(topic, Patience).Topics[0].Partitions[partition].Leader;
    }

    /// <inheritdoc cref="LeaderOf"/>
    public async Task<int> ControllerAsync()
    {
        using IAdminClient admin = NewAdmin();
        return (await admin.DescribeClusterAsync()).Controller.Id;
    }

    /// <summary>Waits until every partition of a topic has a leader and all replicas in sync.</summary>
    public Task IsWholeAsync(string topic) => Until.HoldsAsync($"all replicas of {topic} are in sync", Patience, () =>
    {
        using IAdminClient admin = NewAdmin();
        return admin.GetMetadata(topic, Patience).Topics[0].Partitions.TrueForAll(p => p.Leader > 0 && p.InSyncReplicas.Length == Size);
    });

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerProcess broker in _brokers)
        {
            await broker.DisposeAsync();
        }

        await _zooKeeper.DisposeAsync();
        _folder.Dispose();
    }
}
