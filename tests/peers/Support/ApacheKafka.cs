using Confluent.Kafka;

namespace Peers.Tests.Support;

/// <summary>Apache ZooKeeper, with its own data folder.</summary>
internal sealed class ApacheZooKeeper : IAsyncDisposable
{
    private readonly ZooKeeperServer _server;

    private ApacheZooKeeper(ZooKeeperServer server) => _server = server;

    public string Address => _server.Address;

    public static async Task<ApacheZooKeeper> StartAsync(TempFolder folder) => new(await ZooKeeperServer.StartAsync(folder));

    /// <summary>Makes znodes, parents first.</summary>
    public async Task CreateAsync(IEnumerable<(string Path, string Data)> znodes)
    {
        string commands = string.Concat(znodes.Select(znode => $"create {znode.Path} {znode.Data}\n"));
        await Apache.KafkaAsync("3.9", "org.apache.zookeeper.ZooKeeperMain", ["-server", Address], commands + "quit\n");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <summary>One Apache Kafka 3.9 broker on ZooKeeper, with its own data folder or one of another broker.</summary>
internal sealed class ApacheKafka : IAsyncDisposable
{
    private readonly RunningProgram _process;

    private ApacheKafka(RunningProgram process, int port)
    {
        _process = process;
        BootstrapServers = $"127.0.0.1:{port}";
    }

    public string BootstrapServers { get; }

    /// <summary>Its log.</summary>
    public string Log => _process.Said;

    /// <summary>The errors that it logged, and the warnings of its storage.</summary>
    public IEnumerable<string> Complaints
        => _process.Said.Split('\n').Where(line => line.Contains(" ERROR ", StringComparison.Ordinal)
        || line.Contains(" WARN UnifiedLog", StringComparison.Ordinal)
        || line.Contains(" WARN LogLoader", StringComparison.Ordinal) || line.Contains(" WARN LogManager", StringComparison.Ordinal));

    public static Task<ApacheKafka> StartAsync(TempFolder folder, ApacheZooKeeper zooKeeper, string dataFolder, params string[] settings)
        => StartAsync(folder, zooKeeper, dataFolder, FreePorts.Take(), settings);

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="folder">Gets its settings.</param>
    /// <param name="zooKeeper">Its cluster's.</param>
    /// <param name="dataFolder">Of its data.</param>
    /// <param name="port">The port to listen on, for one that comes back where it was.</param>
    /// <param name="settings">KEY=VALUE.</param>
    public static async Task<ApacheKafka> StartAsync(TempFolder folder, ApacheZooKeeper zooKeeper, string dataFolder, int port, params string[] settings)
    {
        string[] lines = ["broker.id=0", $"listeners=PLAINTEXT://127.0.0.1:{port}", $"zookeeper.connect={zooKeeper.Address}", $"log.dirs={dataFolder}",
            "offsets.topic.replication.factor=1",
            "group.initial.rebalance.delay.ms=0", .. settings];
        string file = folder.WriteFile($"apache-{port}.properties", string.Join('\n', lines));
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KAFKA_LOG_LEVEL"] = "INFO" };
        ApacheKafka broker = new(RunningProgram.Start(Running.Peers.Launcher("kafka"), ["server", file], environment), port);
        using IAdminClient admin = Kafka.Admin(broker.BootstrapServers);
        await Until.HoldsAsync("Apache Kafka answers", Apache.Patience,
            () => broker._process.HasExited ? throw new RunningProgramException(broker._process.Said) : Answers(admin));
        return broker;
    }

    /// <summary>Kills it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Send(Signal.Kill);
        await _process.ExitAsync(Apache.Patience);
    }

    /// <summary>Stops it with SIGTERM.</summary>
    public async Task StopAsync()
    {
        _process.Send(Signal.Terminate);
        await _process.ExitAsync(Apache.Patience);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static bool Answers(IAdminClient admin)
    {
        try
        {
            return admin.GetMetadata(TimeSpan.FromSeconds(2)).Brokers.Count > 0;
        }
        catch (KafkaException)
        {
            return false;
        }
    }
}
