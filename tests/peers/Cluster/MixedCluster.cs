using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Peers.Tests.Cluster;

/// <summary>Apache Kafka 3.9 brokers and ours as members of one cluster on one ZooKeeper.</summary>
internal sealed class MixedCluster : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly ApacheZooKeeper _zooKeeper;
    private readonly Dictionary<int, ApacheKafka> _apache = [];
    private readonly Dictionary<int, BrokerProcess> _ours = [];

    private readonly string[] _settings;

    private MixedCluster(ApacheZooKeeper zooKeeper, TempFolder folder, string[] settings) => (_zooKeeper, _folder, _settings) = (zooKeeper, folder, settings);

    public string BootstrapServers => string.Join(',', _apache.Values.Select(broker => broker.BootstrapServers)
        .Concat(_ours.Values.Select(broker => broker.BootstrapServers)));

    /// <summary>The first broker that is started becomes the controller.</summary>
    /// <param name="settings">Of all brokers, beside the usual ones.</param>
    public static async Task<MixedCluster> StartAsync(params string[] settings)
    {
        TempFolder folder = new();
        return new MixedCluster(await ApacheZooKeeper.StartAsync(folder), folder, settings);
    }

    public ApacheKafka Apache(int id) => _apache[id];

    public BrokerProcess Ours(int id) => _ours[id];

    public async Task StartApacheAsync(int id, string? dataFolder = null)
        => _apache[id] = await ApacheKafka.StartAsync(_folder, _zooKeeper, dataFolder ?? FolderOf(id), Settings(id));

    public async Task StartOursAsync(int id, string? dataFolder = null) => _ours[id] = await BrokerProcess.StartAsync(dataFolder ?? FolderOf(id),
        [$"zookeeper.connect={_zooKeeper.Address}", .. Settings(id)]);

    /// <summary>Ends one of Apache's brokers with SIGTERM; another broker may take its folder over.</summary>
    public async Task StopApacheAsync(int id)
    {
        await _apache[id].StopAsync();
        _apache.Remove(id);
    }

    /// <summary>The same for one of ours.</summary>
    public async Task StopOursAsync(int id)
    {
        (await _ours[id].StopAsync()).ShouldBe(0);
        _ours.Remove(id);
    }

    public string FolderOf(int id) => _folder[$"broker-{id}"];

    /// <summary>Makes a topic whose partitions have these replicas, the leader first.</summary>
    public async Task CreateTopicAsync(string name, params int[][] replicas)
    {
        using IAdminClient admin = Kafka.Admin(BootstrapServers);
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = name, NumPartitions = replicas.Length, ReplicasAssignments = replicas.Select((brokers, p) => (p, brokers))
                .ToDictionary(entry => entry.p, entry => entry.brokers.ToList()),
        }]);
        await Kafka.HasLeadersAsync(BootstrapServers, name, replicas.Length);
    }

    /// <summary>Waits until a partition has this leader and these in-sync replicas, in any order.</summary>
    public Task IsAsync(string topic, int partition, int leader, params int[] isr) => Until.HoldsAsync(
        $"{topic}-{partition} is led by {leader} with {string.Join(',', isr)} in sync", Kafka.Patience, () =>
        {
            using IAdminClient admin = Kafka.Admin(BootstrapServers);
            PartitionMetadata? found = admin.GetMetadata(topic, Kafka.Patience).Topics[0].Partitions.Find(p => p.PartitionId == partition);
            return found?.Leader == leader && found.InSyncReplicas.Order().SequenceEqual(isr.Order());
        });

    /// <summary>Waits until so many replicas of a partition are in sync, whoever leads it.</summary>
    public Task IsInSyncAsync(string topic, int partition, int replicas) => Until.HoldsAsync(
        $"{topic}-{partition} has {replicas} replicas in sync", Kafka.Patience, () =>
        {
            using IAdminClient admin = Kafka.Admin(BootstrapServers);
            PartitionMetadata? found = admin.GetMetadata(topic, Kafka.Patience).Topics[0].Partitions.Find(p => p.PartitionId == partition);
            return found?.Leader > 0 && found.InSyncReplicas.Length == replicas;
        });

    /// <summary>Waits until the segments of a partition are the same bytes at some brokers.</summary>
    public Task IsSameAsync(string topic, int partition, params int[] brokers) => Until.HoldsAsync(
        $"{topic}-{partition} is the same at {string.Join(',', brokers)}", Kafka.Patience,
        () => brokers.Select(id => SegmentsOf(id, topic, partition)).Distinct(StringComparer.Ordinal).Count() == 1);

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerProcess broker in _ours.Values)
        {
            await broker.DisposeAsync();
        }

        foreach (ApacheKafka broker in _apache.Values)
        {
            await broker.DisposeAsync();
        }

        await _zooKeeper.DisposeAsync();
        _folder.Dispose();
    }

    private string[] Settings(int id) =>
    [
        $"broker.id={id}", $"broker.rack=rack-{id}", "zookeeper.session.timeout.ms=4000", "replica.lag.time.max.ms=4000", "offsets.topic.replication.factor=3",
        "offsets.topic.num.partitions=4", "auto.leader.rebalance.enable=false", "min.insync.replicas=2", .. _settings,
    ];

    private string SegmentsOf(int id, string topic, int partition) => string.Join('\n', Directory
        .EnumerateFiles(Path.Combine(FolderOf(id), $"{topic}-{partition}"), "*.log").Order(StringComparer.Ordinal)
        .Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(ReadShared(file)))}"));

    private static byte[] ReadShared(string file)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
