using System.Runtime.InteropServices;

namespace Game.Cli.Processes;

/// <summary>
/// The brokers that a system starts, and how: one that runs alone, or a cluster on a ZooKeeper of its own, each broker in a rack of its own. A broker keeps its
/// port when it is started again.
/// </summary>
internal sealed class Brokers
{
    /// <summary>How many a cluster has; their ids begin at 1.</summary>
    public const int ClusterSize = 3;

    /// <summary>The name of the process that runs alone; in a cluster a dash and the id follow.</summary>
    public const string Name = "broker";

    private const string ZooKeeperJar = "/usr/share/java/zookeeper.jar";
    private const string ZooKeeperClient = "libzookeeper_mt.so.2";

    /// <summary>How long ZooKeeper hears nothing of a broker before the others elect new leaders: short, so that a demo of a minute shows it.</summary>
    public static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(3);

    private readonly SystemFolder _folder;
    private readonly int[] _ports;
    private readonly int[] _metricsPorts;
    private readonly int? _zooKeeperPort;

    public Brokers(SystemFolder folder, bool isCluster)
    {
        _folder = folder;
        _ports = FreePorts.Find(isCluster ? ClusterSize : 1);
        _metricsPorts = FreePorts.Find(_ports.Length);
        _zooKeeperPort = isCluster ? FreePorts.Find(1)[0] : null;
    }

    public int Count => _ports.Length;

    public string BootstrapServers => string.Join(',', _ports.Select(Address));

    /// <summary>The address of each broker's metrics.</summary>
    public IReadOnlyList<string> Metrics => [.. _metricsPorts.Select(Address)];

    /// <summary>Where the ZooKeeper listens; null where a broker runs alone.</summary>
    public int? ZooKeeperPort => _zooKeeperPort;

    /// <summary>Whether the processes of a system are a cluster.</summary>
    public static bool AreCluster(RunningSystem running) => running.Processes.Any(process => process.Name == ZooKeeperServer.Name);

    /// <exception cref="UserErrorException">A package that a cluster needs is not installed.</exception>
    public static void RequirePackages()
    {
        if (MissingPackages() is { Count: > 0 } missing)
        {
            throw new UserErrorException($"A cluster needs ZooKeeper, of which a part is not installed here: apt-get install {string.Join(' ', missing)}.");
        }
    }

    /// <param name="id">A broker of a cluster.</param>
    public static string RackOf(int id) => $"rack-{id}";

    /// <param name="id">The broker's id, from 1.</param>
    public string NameOf(int id) => _zooKeeperPort is null ? Name : $"{Name}-{id}";

    /// <inheritdoc cref="NameOf"/>
    public IReadOnlyList<string> ArgumentsOf(int id)
        => ["--data", _folder.DataOf(NameOf(id)), .. Settings(id).SelectMany(setting => new[] { "--override", setting })];

    private static string Address(int port) => $"127.0.0.1:{port}";

    private static IReadOnlyList<string> MissingPackages()
    {
        List<string> missing = [];
        if (NativeLibrary.TryLoad(ZooKeeperClient, out nint client))
        {
            NativeLibrary.Free(client);
        }
        else
        {
            missing.Add("libzookeeper-mt2");
        }
        if (!File.Exists(ZooKeeperJar))
        {
            missing.Add("zookeeper");
        }
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "java"))))
        {
            missing.Add("default-jre-headless");
        }

        return missing;
    }

    private IEnumerable<string> Settings(int id) =>
    [
        $"listeners=PLAINTEXT://{Address(_ports[id - 1])}", $"metrics.http.listener={Address(_metricsPorts[id - 1])}", "group.initial.rebalance.delay.ms=500",
        .. _zooKeeperPort is { } port ? ClusterSettings(id, port) : [],
    ];

    private static IEnumerable<string> ClusterSettings(int id, int zooKeeperPort) =>
    [
        $"broker.id={id}", $"broker.rack={RackOf(id)}", $"zookeeper.connect={Address(zooKeeperPort)}",
        $"zookeeper.session.timeout.ms={SessionTimeout.TotalMilliseconds:F0}", $"default.replication.factor={ClusterSize}", "min.insync.replicas=2",
        // All brokers are stopped at once, so that the last one has no other to hand its leaderships to.
        $"offsets.topic.replication.factor={ClusterSize}", "controlled.shutdown.retry.backoff.ms=500",
    ];
}
