using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Game.Contracts;
using Running;

namespace Faults.Tests.Clusters;

/// <summary>Three brokers in processes of their own on a real ZooKeeper, each in a rack; a record needs two of them.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const int Size = 3;
    public const int OffsetsPartitions = 4;
    public const string ZooKeeperName = "zookeeper";

    private const int SessionTimeoutMs = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TempFolder _folder;
    private readonly BrokerProcess[] _brokers;
    private readonly BrokerPages[] _pages;
    private readonly List<string>[] _formerLogs = [.. Enumerable.Range(0, Size).Select(_ => new List<string>())];

    private Cluster(TempFolder folder, PrivateNetwork? network, SmallDisk? disk, ZooKeeperServer zooKeeper, BrokerProcess[] brokers, BrokerPages[] pages)
        => (_folder, Network, Disk, ZooKeeper, _brokers, _pages) = (folder, network, disk, zooKeeper, brokers, pages);

    /// <summary>How long a broker may be away before it is dead to the others.</summary>
    public static TimeSpan Session { get; } = TimeSpan.FromMilliseconds(SessionTimeoutMs);

    /// <summary>Of ids from 1.</summary>
    public static IEnumerable<int> Ids => Enumerable.Range(1, Size);

    /// <summary>Joins the brokers and ZooKeeper, each in a namespace of its own; null where all share one network.</summary>
    public PrivateNetwork? Network { get; }

    /// <summary>The disk of the last broker; null where it is an ordinary one.</summary>
    public SmallDisk? Disk { get; }

    public ZooKeeperServer ZooKeeper { get; }

    public string BootstrapServers => string.Join(',', _brokers.Select(broker => broker.BootstrapServers));

    /// <summary>By id, from 1.</summary>
    public BrokerProcess this[int id] => _brokers[id - 1];

    /// <summary>Starts one, in networks of its own where <see cref="Namespaces.AreOwn"/>.</summary>
    public static async Task<Cluster> StartAsync()
    {
        TempFolder folder = new();
        PrivateNetwork? network = Namespaces.AreOwn ? await PrivateNetwork.CreateAsync(folder, [ZooKeeperName, .. Ids.Select(NameOf)]) : null;
        SmallDisk? disk = Namespaces.AreOwn ? await SmallDisk.MountAsync(folder[NameOf(Size)]) : null;
        ZooKeeperServer zooKeeper = await ZooKeeperServer.StartAsync(folder, network?[ZooKeeperName]);
        string[] pages = [.. Ids.Select(id => $"{(network?[NameOf(id)] ?? Place.Here).Address}:{FreePorts.Take()}")];
        BrokerProcess[] brokers = await Task.WhenAll(Ids.Select(id => BrokerProcess.StartAsync(network?[NameOf(id)] ?? Place.Here, folder[NameOf(id)],
            FreePorts.Take(), $"broker.id={id}", $"broker.rack=rack-{id}", $"zookeeper.connect={zooKeeper.Address}", $"metrics.http.listener={pages[id - 1]}",
            $"zookeeper.session.timeout.ms={SessionTimeoutMs}", "zookeeper.connection.timeout.ms=30000",
            "default.replication.factor=3", "min.insync.replicas=2", "offsets.topic.replication.factor=3",
            $"offsets.topic.num.partitions={OffsetsPartitions}", "replica.lag.time.max.ms=3000")));
        return new Cluster(folder, network, disk, zooKeeper, brokers, [.. pages.Select(page => new BrokerPages(page))]);
    }

    /// <summary>A broker's name in <see cref="Network"/>.</summary>
    public static string NameOf(int id) => $"broker-{id}";

    public BrokerPages PagesOf(int id) => _pages[id - 1];

    /// <summary>All that a broker has said in all its lives.</summary>
    public string LogOf(int id) => string.Join("\n--- ended; started again:\n", [.. _formerLogs[id - 1], this[id].Log]);

    public Task KillAsync(int id)
    {
        _formerLogs[id - 1].Add(this[id].Log);
        return this[id].KillAsync();
    }

    /// <summary>Asks a broker to end, which it must do in order.</summary>
    public async Task StopAsync(int id)
    {
        int code = await this[id].StopAsync();
        _formerLogs[id - 1].Add(this[id].Log);
        code.ShouldBe(0, $"broker {id} ends in order");
    }

    public IAdminClient NewAdmin() => new AdminClientBuilder(ClientSettings.Admin(BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();

    public async Task CreateTopicAsync(string name, int partitions)
    {
        using IAdminClient admin = NewAdmin();
        await admin.CreateTopicsAsync([new TopicSpecification
        {
            Name = name, NumPartitions = partitions, ReplicationFactor = Size,
            Configs = new Dictionary<string, string> { ["segment.bytes"] = "1048576", ["retention.ms"] = "-1" },
        }]);
    }

    /// <summary>The broker that leads a partition; an id from 1.</summary>
    public int LeaderOf(string topic, int partition)
    {
        using IAdminClient admin = NewAdmin();
        return admin.GetMetadata(topic, Patience).Topics[0].Partitions[partition].Leader;
    }

    public async Task<int> ControllerAsync()
    {
        using IAdminClient admin = NewAdmin();
        return (await admin.DescribeClusterAsync()).Controller.Id;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerProcess broker in _brokers)
        {
            await broker.DisposeAsync();
        }
        foreach (BrokerPages pages in _pages)
        {
            pages.Dispose();
        }
        await ZooKeeper.DisposeAsync();
        if (Disk is not null)
        {
            await Disk.DisposeAsync();
        }
        if (Network is not null)
        {
            await Network.DisposeAsync();
        }
        _folder.Dispose();
    }
}
