using System.Diagnostics.Metrics;
using Broker.Coordination.Embedded;
using Broker.Server.Config;
using Broker.Server.Hosting;
using Broker.Server.Metadata.Znodes;
using Broker.Simulation.Tests.Bugs;
using Broker.Simulation.Tests.Worlds;
using Broker.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Broker.Simulation.Tests.Cluster;

/// <summary>A broker of the simulated cluster: the server's own core on a simulated process, disk, network and ZooKeeper.</summary>
internal sealed class SimBroker
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly SimNetwork _network;
    private readonly Crashes _crashes;
    private readonly Bug _bug;
    private readonly ILoggerFactory _logging;
    private readonly BrokerConfig _config;

    public SimBroker(int id, World world, SimNetwork network, Node zooKeeper, EmbeddedCoordination tree, Crashes crashes, Bug bug, ILoggerFactory logging)
    {
        Id = id;
        _world = world;
        _network = network;
        _crashes = crashes;
        _bug = bug;
        _logging = logging;
        Node = new Node(world, $"broker-{id}");
        Coordination = new SimCoordination(world, zooKeeper, tree, Node);
        (string host, int port) = SimNetwork.AddressOf(id);
        _config = new BrokerConfig(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["broker.id"] = $"{id}",
            ["broker.rack"] = $"rack-{id}",
            ["listeners"] = $"PLAINTEXT://{host}:{port}",
            ["log.dirs"] = "/data",
            ["num.recovery.threads.per.data.dir"] = "1",
            ["default.replication.factor"] = "3",
            ["min.insync.replicas"] = "2",
            ["offsets.topic.replication.factor"] = "3",
            ["offsets.topic.num.partitions"] = "2",
            ["replica.lag.time.max.ms"] = "5000",
            ["controlled.shutdown.retry.backoff.ms"] = "1000",
        });
        Disk = new InMemoryFileSystem(crashes == Crashes.OfPower, Node.Time);
        network.Attach(this);
    }

    public int Id { get; }

    public Node Node { get; }

    public SimCoordination Coordination { get; }

    public InMemoryFileSystem Disk { get; private set; }

    /// <summary>Null while the process does not run.</summary>
    public BrokerCore? Core { get; private set; }

    public bool IsUp => Core is not null;

    /// <summary>Whether it answers requests.</summary>
    public bool IsServing => Core?.Apis is not null;

    /// <summary>Starts the process where it does not run.</summary>
    public void Start()
    {
        if (IsUp)
        {
            return;
        }

        Storages storages = Storages.Over(_config, Disk, new BuggyCoordination(Coordination, _bug), _ => { }, Node.Time, _world.Random, _logging);
        BrokerCore core = new(_config, storages, new CoreServices(
            _network.Of(Node), Node, Node.Time, _world.Random, new Meter($"broker-{Id}"), _logging));
        Core = core;
        Node.Start(async () =>
        {
            try
            {
                await core.Join(CancellationToken.None);
                (string host, int port) = SimNetwork.AddressOf(Id);
                await core.Start([new BrokerEndpoint("PLAINTEXT", host, port, 0)]);
            }
            catch (Exception failure) when (failure is ConfigException or CoordinationLostException)
            {
                // The process ends, and its supervisor starts it again.
                Crash();
                _world.Add(Node, RestartPause, Start);
            }
        });
    }

    /// <summary>The process dies; its disk stays as it is, or, where the power is cut, loses some of what was not synced.</summary>
    public void Crash()
    {
        Node.Crash();
        Core = null;
        Disk = _crashes == Crashes.OfPower ? Disk.AfterPowerCut(_world.Random) : Disk.AfterProcessDeath();
        int life = Node.Life;
        Coordination.ExpireLater(() => Node.Life >= life);
    }

    /// <summary>Stops the process for longer or shorter than its session.</summary>
    public void Pause(TimeSpan duration)
    {
        int life = Node.Life;
        Node.Pause();
        Coordination.ExpireLater(() => Node.IsPaused && Node.Life == life);
        _world.Add(new Node(_world, "operator"), duration, () =>
        {
            if (Node.Life == life)
            {
                Node.Resume();
            }
        });
    }
}
