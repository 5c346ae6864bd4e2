using Confluent.Kafka;
using global::Game.Cli.Demo;
using global::Game.Contracts;
using global::Game.Simulator.Load;
using global::Game.Simulator.World;
using Running;
using Geography = global::Game.Worlds.Geography;

namespace Faults.Tests.Game;

/// <summary>
/// The whole system on one machine, each program a process that a test may kill: broker, local WebHDFS, two game servers, two detectors, the sink.
/// </summary>
internal sealed class GameSystem : IAsyncDisposable
{
    public const int Partitions = 4;
    private const int PlayerCount = 200;
    private const string DetectorGroup = "detector", WarehousePath = "/warehouse";
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(2);
    private readonly TempFolder _folder;
    private readonly BrokerProcess _broker;
    private readonly IAdminClient _admin;
    private readonly GroupProgress _progress;
    private readonly Part _webHdfs;
    private readonly List<Part> _parts = [];

    private GameSystem(TempFolder folder, BrokerProcess broker)
    {
        _folder = folder;
        _broker = broker;
        _admin = new AdminClientBuilder(ClientSettings.Admin(broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
        _progress = new GroupProgress(broker.BootstrapServers);
        int port = FreePorts.Take();
        _webHdfs = new Part("local-webhdfs", "local-webhdfs", $"http://127.0.0.1:{port}", "--root", folder["hdfs"], "--port", $"{port}");
        World = new GameWorld(seed: 7, PlayerCount, new Geography());
        Warehouse = new WarehouseFolder(folder["hdfs" + WarehousePath]);
    }

    public string BootstrapServers => _broker.BootstrapServers;

    /// <summary>The players, and their actions so far.</summary>
    public GameWorld World { get; }

    public WarehouseFolder Warehouse { get; }

    public IReadOnlyList<Part> Detectors => [_parts[0], _parts[1]];

    public Part Sink => _parts[2];

    public IReadOnlyList<Part> GameServers => [_parts[3], _parts[4]];

    public string Credential { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Starts everything over seven days of history, and waits until it is ready.</summary>
    /// <param name="proxy">Stands between the sink and WebHDFS, where given the address of the latter.</param>
    public static async Task<GameSystem> StartAsync(Func<string, Task<string>>? proxy = null)
    {
        TempFolder place = new();
        GameSystem system = new(place, await BrokerProcess.StartAsync(place["broker"]));
        try
        {
            await system.StartPartsAsync(proxy);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>A load on both game servers.</summary>
    public LoadGenerator NewLoad()
        => new(new LoadOptions([.. GameServers.Select(server => new Uri(server.Url))], Transport.Mixed, Credential,
        DemoSecrets.ParseKey(Credential))
        { KeepAnsweredIds = true }, PlayerCount);

    /// <summary>Waits until detectors and sink have read and committed all records of the topics.</summary>
    public Task DrainAsync()
        => Until.HoldsAsync("detectors and sink have worked off everything", DrainTimeout, async () =>
        {
            foreach (Part part in _parts)
            {
                part.ShouldBeAlive();
            }
            return await _progress.LagAsync(DetectorGroup, Topics.PlayerEvents, Partitions) == 0
                && Warehouse.Reaches(Topics.PlayerEvents, await EndsAsync(Topics.PlayerEvents))
                && Warehouse.Reaches(Topics.Alerts, await EndsAsync(Topics.Alerts))
                && await _progress.LagAsync(DetectorGroup, Topics.PlayerEvents, Partitions) == 0;
        });

    /// <summary>If the running test has failed, adds the last output of the programs to the test's output.</summary>
    public void TellIfFailed()
    {
        foreach (Part part in _parts)
        {
            part.TellIfFailed();
        }
        Vital.TellIfFailed("the broker", _broker.Log);
    }

    public async ValueTask DisposeAsync()
    {
        TellIfFailed();
        foreach (Part part in _parts.Append(_webHdfs))
        {
            await part.DisposeAsync();
        }
        _progress.Dispose();
        _admin.Dispose();
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    private Task<Dictionary<int, long>> EndsAsync(string topic)
        => _progress.EndsAsync(Enumerable.Range(0, Partitions).Select(p => new TopicPartition(topic, p)));

    private async Task StartPartsAsync(Func<string, Task<string>>? proxy)
    {
        _webHdfs.Start();
        await TopicSetup.EnsureAsync(_admin, new Topics(Partitions).All, warning => throw new InvalidOperationException(warning));
        HistoryLoader.Load(new History(World, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()), BootstrapServers, _ => { }, CancellationToken.None);
        await _webHdfs.ReadyAsync("/healthz");
        string hdfs = proxy is null ? _webHdfs.Url : await proxy(_webHdfs.Url);
        _parts.AddRange([NewDetector(1), NewDetector(2), NewSink(hdfs), NewGameServer(1), NewGameServer(2)]);
        foreach (Part part in _parts)
        {
            part.Start();
        }
        foreach (Part part in _parts)
        {
            await part.ReadyAsync();
        }
    }

    private Part NewDetector(int number)
    {
        string url = NewUrl();
        return new Part($"detector-{number}", "detector", url, "--bootstrap-server", BootstrapServers, "--group", DetectorGroup, "--partitions",
            $"{Partitions}", "--client-id", $"detector-{number}", "--urls", url);
    }

    // Small commits in quick succession, so that kills fall into every step of the commit protocol.
    private Part NewSink(string hdfs)
    {
        string url = NewUrl();
        return new Part("hdfs-sink", "hdfs-sink", url, "--bootstrap-server", BootstrapServers, "--webhdfs", hdfs, "--warehouse", WarehousePath, "--partitions",
            $"{Partitions}",
            "--rotate-seconds", "0.3", "--rotate-rows", "1000", "--urls", url);
    }

    private Part NewGameServer(int number)
    {
        string url = NewUrl(), secret = _folder.WriteFile("credential", Credential), addresses = _folder.WriteFile("addresses.csv", new Geography().ToCsv());
        return new Part($"game-server-{number}", "game-server", url, "--bootstrap-server", BootstrapServers, "--urls", url, "--server-id", $"gs-{number}",
            "--partitions", $"{Partitions}",
            "--service-credential-file", secret, "--accounts-key-file", secret, "--keys", _folder["keys"], "--address-table", addresses, "--trusted-proxies",
                "127.0.0.0/8");
    }

    private static string NewUrl() => $"http://127.0.0.1:{FreePorts.Take()}";
}
