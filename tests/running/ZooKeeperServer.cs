using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Running;

/// <summary>Apache ZooKeeper in its own process, with its data in a folder of the test. From one thread.</summary>
public sealed class ZooKeeperServer : IAsyncDisposable
{
    /// <summary>Milliseconds: a session ends at a tick, and lasts two of them at least.</summary>
    /// <summary>Milliseconds; the shortest session lasts two ticks.</summary>
    public const int TickTime = 200;

    private const string DebianJar = "/usr/share/java/zookeeper.jar";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Place _place;
    private readonly string _configuration;
    private RunningProgram? _process;

    private ZooKeeperServer(TempFolder folder, Place place)
    {
        _place = place;
        Port = FreePorts.Take();
        DataFolder = folder[$"zookeeper-{Port}"];
        _configuration = folder.WriteFile($"zoo-{Port}.cfg",
            $"dataDir={DataFolder}\nclientPort={Port}\nclientPortAddress={place.Address}\nadmin.enableServer=false\ntickTime={TickTime}\nmaxSessionTimeout=60000\n");
    }

    /// <summary>Whether it is Debian's package, which <c>./game zookeeper</c> needs.</summary>
    public static bool IsDebians { get; } = File.Exists(DebianJar);

    /// <summary>Why no server can be started here, in one sentence; null where one can.</summary>
    private static string? Absent { get; } =
        Command.Find("java") is null ? "ZooKeeper needs Java: apt-get install openjdk-17-jre-headless."
        : !IsDebians && Peers.Absent is not null ? "ZooKeeper is not here: apt-get install zookeeper."
        : null;

    /// <summary>Why a broker of this machine cannot use ZooKeeper, in one sentence; null where it can.</summary>
    public static string? AbsentWithClient { get; } = Absent
        ?? (NativeLibrary.TryLoad("libzookeeper_mt.so.2", out _) ? null : "ZooKeeper's C client is not here: apt-get install libzookeeper-mt2.");

    public int Port { get; }

    public string DataFolder { get; }

    public string Address => $"{_place.Address}:{Port}";

    /// <summary>Of the running server.</summary>
    public int ProcessId => _process!.Id;

    /// <param name="folder">Holds its configuration and data; outlives it.</param>
    /// <param name="place">Where it runs; here where null.</param>
    public static async Task<ZooKeeperServer> StartAsync(TempFolder folder, Place? place = null)
    {
        ZooKeeperServer server = new(folder, place ?? Place.Here);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>, on the same port and data.</summary>
    public async Task StartAsync()
    {
        string classes = IsDebians ? $"/etc/zookeeper/conf_example:{DebianJar}"
            : Path.Combine(Directory.GetDirectories(Peers.Folder, "kafka-3.9*")[0], "libs", "*");
        _process = _place.Start("java", ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dzookeeper.forceSync=no", "-cp", classes,
            "org.apache.zookeeper.server.quorum.QuorumPeerMain", _configuration]);
        await Until.HoldsAsync("ZooKeeper's port is open", Patience,
            () => _process.HasExited ? throw new RunningProgramException(_process.Said) : Accepts());
    }

    /// <summary>Kills it. Sessions stay in its data.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private bool Accepts()
    {
        using TcpClient client = new();
        try
        {
            client.Connect(_place.Address, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
