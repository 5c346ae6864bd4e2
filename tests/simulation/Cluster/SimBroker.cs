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

/// <summary>A broker of the simulated cluster: the server's own core on a simulated process, disks, network and ZooKeeper.</summary>
internal sealed class SimBroker
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly SimNetwork _network;
    private readonly Crashes _crashes;
    private readonly Bug _bug;
    private readonly ILoggerFactory _logging;
    private readonly BrokerConfig _config;
    private InMemoryFileSystem _disk;
    private Storages? _storages;

    public SimBroker(int id, World world, SimNetwork network, Node zooKeeper, EmbeddedCoordination tree, Crashes crashes, Bug bug)
    {
        Id = id;
        _world = world;
        _network = network;
        _crashes = crashes;
        _bug = bug;
        Node = new Node(world, $"broker-{id}");
        _logging = new FaultLog(Node.Failures.Add);
        Coordination = new SimCoordination(world, zooKeeper, tree, Node);
        _config = Settings.Of(id);
        _disk = NewDisk();
        network.Attach(this);
    }

    public int Id { get; }

    public Node Node { get; }

    public SimCoordination Coordination { get; }

    public DiskFault Disks { get; } = new(Settings.SecondDisk);

    /// <summary>Null while the process does not run.</summary>
    public BrokerCore? Core { get; private set; }

    public bool IsUp { get; private set; }

    /// <summary>Whether it accepts connections: not while it does not run, nor before it has loaded its logs, nor at the end of an ordered stop.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Whether it is on its way down in order.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Whether it answers requests.</summary>
    public bool IsServing => IsOpen && Core?.Apis is not null;

    /// <summary>Whether it runs without one of its disks.</summary>
    public bool HasLostADisk => IsUp && _storages?.Directories is { } disks && disks.Online.Count() < disks.Directories.Count;

    /// <summary>Starts the process where it does not run.</summary>
    public void Start()
    {
        if (!IsUp)
        {
            IsUp = true;
            Node.Start(Serve);
        }
    }

    /// <summary>The process dies; its disks stay as they are, or, where the power is cut, lose some of what was not synced.</summary>
    public void Crash() => Die(_crashes == Crashes.OfPower ? _disk.AfterPowerCut(_world.Random) : _disk.AfterProcessDeath());

    /// <summary>Stops the process in order, and starts it again later.</summary>
    public void Stop(TimeSpan pause)
    {
        IsStopping = true;
        Node.Start(() => StopInOrder(pause));
    }

    /// <summary>Gives a broker that does not run new disks.</summary>
    public void EmptyDisks() => _disk = NewDisk();

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

    private async Task StopInOrder(TimeSpan pause)
    {
        BrokerCore core = Core!;
        ValueTask Close()
        {
            IsOpen = false;
            return ValueTask.CompletedTask;
        }

        await core.Stop(Close);
        await core.End(Close);
        await _storages!.DisposeAsync();
        Die(_disk.AfterProcessDeath());
        _world.Add(Node, pause, Start);
    }

    private void Die(InMemoryFileSystem left)
    {
        Node.Crash();
        Core = null;
        IsUp = IsOpen = IsStopping = false;
        _disk = Failing(left);
        int life = Node.Life;
        Coordination.ExpireLater(() => Node.Life >= life);
    }

    private async Task Serve()
    {
        try
        {
            Storages storages = _storages = Storages.Over(
                _config, _disk, new BuggyCoordination(Coordination, _bug), _ => _world.Add(Node, TimeSpan.Zero, TakeOffline), Node.Time, _world.Random,
                _logging);
            BrokerCore core = Core = new BrokerCore(_config, storages, new CoreServices(
                _network.Of(Node), Node, Node.Time, _world.Random, new Meter($"broker-{Id}"), _logging));
            await core.Join(CancellationToken.None);
            IsOpen = true;
            (string host, int port) = SimNetwork.AddressOf(Id);
            await core.Start([new BrokerEndpoint("PLAINTEXT", host, port, 0)]);
        }
        catch (Exception failure) when (failure is ConfigException or CoordinationLostException)
        {
            End();
        }
    }

    /// <summary>The process ends, and its supervisor starts it again.</summary>
    private void End()
    {
        Crash();
        _world.Add(Node, RestartPause, Start);
    }

    private void TakeOffline()
    {
        Core?.TakeOffline();
        if (!_storages!.Directories.Online.Any())
        {
            End();
        }
    }

    private InMemoryFileSystem NewDisk() => Failing(new InMemoryFileSystem(_crashes == Crashes.OfPower, Node.Time));

    private InMemoryFileSystem Failing(InMemoryFileSystem disk)
    {
        disk.BeforeChange = Disks.BeforeChange;
        return disk;
    }
}
