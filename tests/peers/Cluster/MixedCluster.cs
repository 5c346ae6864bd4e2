using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Load;

namespace Peers.Tests.Cluster;

/// <summary>Apache Kafka 3.9 brokers and ours as members of one cluster on one ZooKeeper. A broker keeps its address whenever it comes back.</summary>
internal sealed class MixedCluster : IAsyncDisposable
{
    public const int OffsetsPartitions = 4;

    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);
    private readonly TempFolder _folder;
    private readonly ApacheZooKeeper _zooKeeper;
    private readonly Dictionary<int, ApacheKafka> _apache = [];
    private readonly Dictionary<int, BrokerProcess> _ours = [];
    private readonly Dictionary<int, int> _ports = [];
    private readonly Dictionary<int, List<string>> _formerLogs = [];
    private readonly string[] _settings;

    private MixedCluster(ApacheZooKeeper zooKeeper, TempFolder folder, string[] settings) => (_zooKeeper, _folder, _settings) = (zooKeeper, folder, settings);

    /// <summary>Of all brokers that have been started.</summary>
    public string BootstrapServers => string.Join(',', _ports.Values.Select(port => $"127.0.0.1:{port}"));

    /// <summary>The brokers that have been started.</summary>
    public IReadOnlyCollection<int> Ids => _ports.Keys;

    /// <summary>The first broker that is started becomes the controller.</summary>
    /// <param name="settings">Of all brokers, beside the usual ones.</param>
    public static async Task<MixedCluster> StartAsync(params string[] settings)
    {
        TempFolder folder = new();
        return new MixedCluster(await ApacheZooKeeper.StartAsync(folder), folder, settings);
    }

    public ApacheKafka Apache(int id) => _apache[id];

    public BrokerProcess Ours(int id) => _ours[id];

    public async Task StartApacheAsync(int id)
        => _apache[id] = await ApacheKafka.StartAsync(_folder, _zooKeeper, FolderOf(id), PortOf(id), Settings(id));

    public async Task StartOursAsync(int id)
        => _ours[id] = await BrokerProcess.StartAsync(FolderOf(id), PortOf(id), [$"zookeeper.connect={_zooKeeper.Address}", .. Settings(id)]);

    /// <summary>Ends one of Apache's brokers with SIGTERM; another broker may take its folder over.</summary>
    public async Task StopApacheAsync(int id)
    {
        await _apache[id].StopAsync();
        Keep(id, _apache[id].Log);
        _apache.Remove(id);
    }

    /// <summary>The same for one of ours.</summary>
    public async Task StopOursAsync(int id)
    {
        (await _ours[id].StopAsync()).ShouldBe(0);
        Keep(id, _ours[id].Log);
        _ours.Remove(id);
    }

    /// <summary>Kills a broker with SIGKILL, of whichever kind it is.</summary>
    public async Task KillAsync(int id)
    {
        Keep(id, _ours.TryGetValue(id, out BrokerProcess? mine) ? mine.Log : _apache[id].Log);
        await (mine?.KillAsync() ?? _apache[id].KillAsync());
    }

    /// <summary>Starts a broker that was killed.</summary>
    public Task StartAgainAsync(int id) => _ours.TryGetValue(id, out BrokerProcess? mine) ? mine.StartAgainAsync() : StartApacheAsync(id);

    public string FolderOf(int id) => _folder[$"broker-{id}"];

    /// <summary>All that a broker has said in all its lives.</summary>
    public string LogOf(int id) => string.Join("\n--- ended; started again:\n",
        [.. _formerLogs.GetValueOrDefault(id) ?? [], _ours.TryGetValue(id, out BrokerProcess? mine) ? mine.Log : _apache.GetValueOrDefault(id)?.Log ?? ""]);

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

    /// <summary>The partitions of a topic as one of the brokers knows them; empty where it does not know the topic.</summary>
    public IReadOnlyList<PartitionMetadata> PartitionsOf(string topic)
    {
        using IAdminClient admin = Kafka.Admin(BootstrapServers);
        return admin.GetMetadata(topic, Kafka.Patience).Topics[0].Partitions;
    }

    /// <summary>Waits until exactly these brokers are in sync in all partitions of a topic, and one of them leads each.</summary>
    public Task IsInSyncAsync(string topic, int partitions, params IEnumerable<int> brokers)
    {
        int[] wanted = [.. brokers.Order()];
        return Until.HoldsAsync($"{string.Join(',', wanted)} are in sync in {topic}", Kafka.Patience, () =>
        {
            IReadOnlyList<PartitionMetadata> found = PartitionsOf(topic);
            return found.Count == partitions && found.All(partition => wanted.Contains(partition.Leader))
                && found.All(partition => partition.InSyncReplicas.Order().SequenceEqual(wanted));
        });
    }

    /// <summary>Waits until one of these brokers is the controller, by what the brokers tell clients.</summary>
    public Task IsControlledAsync(params int[] brokers) => Until.HoldsAsync($"{string.Join(" or ", brokers)} controls", Kafka.Patience, async () =>
    {
        // A new client each time: librdkafka's asks once, and then waits, where the broker that it asks does not know the controller yet.
        using IAdminClient admin = Kafka.Admin(BootstrapServers);
        try
        {
            int controller = (await admin.DescribeClusterAsync(new DescribeClusterOptions { RequestTimeout = AnswerTimeout })).Controller?.Id ?? -1;
            return brokers.Contains(controller);
        }
        catch (KafkaException e) when (!e.Error.IsFatal)
        {
            return false;
        }
    });

    /// <summary>Waits until the logs of a topic are the same bytes at all brokers.</summary>
    public async Task IsSameAsync(string topic, int partitions)
    {
        string[] folders = [.. Ids.Select(FolderOf)];
        for (int partition = 0; partition < partitions; partition++)
        {
            await Until.HoldsAsync($"{topic}-{partition} is the same everywhere", Kafka.Patience, () => ReplicaFiles.AreSame(folders, topic, partition));
        }
    }

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

    private int PortOf(int id)
    {
        lock (_ports)
        {
            return _ports.TryGetValue(id, out int port) ? port : _ports[id] = FreePorts.Take();
        }
    }

    private void Keep(int id, string log)
    {
        if (!_formerLogs.TryGetValue(id, out List<string>? logs))
        {
            _formerLogs[id] = logs = [];
        }
        logs.Add(log);
    }

    private string[] Settings(int id) =>
    [
        $"broker.id={id}", $"broker.rack=rack-{id}", "zookeeper.session.timeout.ms=4000", "replica.lag.time.max.ms=4000", "offsets.topic.replication.factor=3",
        $"offsets.topic.num.partitions={OffsetsPartitions}", "auto.leader.rebalance.enable=false", "min.insync.replicas=2", .. _settings,
    ];
}
