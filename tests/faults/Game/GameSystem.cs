using Confluent.Kafka;
using global::Game.Cli.Demo;
using global::Game.Contracts;
using global::Game.Simulator.Load;
using global::Game.Simulator.World;
using Running;

namespace Faults.Tests.Game;

/// <summary>The whole system on one machine, each program a process that may die: broker, local WebHDFS, two game servers, two detectors, the sink.</summary>
internal sealed class GameSystem : IAsyncDisposable
{
    public const int Partitions = 4;
    private const int PlayerCount = 200;
    private const string DetectorGroup = "detector", WarehousePath = "/warehouse";
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMinutes(2);
    private readonly TempFolder folder;
    private readonly BrokerProcess broker;
    private readonly IAdminClient admin;
    private readonly Part webHdfs;
    private readonly List<Part> parts = [];

    private GameSystem(TempFolder folder, BrokerProcess broker)
    {
        this.folder = folder;
        this.broker = broker;
        admin = new AdminClientBuilder(ClientSettings.Admin(broker.BootstrapServers, "faults")).SetLogHandler((_, _) => { }).Build();
        int port = FreePorts.Take();
        webHdfs = new Part("local-webhdfs", "local-webhdfs", $"http://127.0.0.1:{port}", "--root", folder["hdfs"], "--port", $"{port}");
        World = new GameWorld(seed: 7, PlayerCount, new Geography());
        Warehouse = new WarehouseFolder(folder["hdfs" + WarehousePath]);
    }

    public string BootstrapServers => broker.BootstrapServers;

    /// <summary>The players, and what they have done so far.</summary>
    public GameWorld World { get; }

    public WarehouseFolder Warehouse { get; }

    public IReadOnlyList<Part> Detectors => [parts[0], parts[1]];

    public Part Sink => parts[2];

    public IReadOnlyList<Part> GameServers => [parts[3], parts[4]];

    public string Credential { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Starts everything over seven days of history, and waits until it is ready.</summary>
    /// <param name="proxy">Stands between the sink and WebHDFS, where given the address of the latter.</param>
    public static async Task<GameSystem> StartAsync(Func<string, Task<string>>? proxy = null)
    {
        var place = new TempFolder();
        var system = new GameSystem(place, await BrokerProcess.StartAsync(place["broker"]));
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
        => new(new LoadOptions([.. GameServers.Select(server => new Uri(server.Url))], Transport.Mixed, Credential, DemoSecrets.ParseKey(Credential)) { KeepAnsweredIds = true }, PlayerCount);

    /// <summary>Waits until detectors and sink have worked off everything that the topics hold.</summary>
    public async Task DrainAsync()
    {
        var progress = new GroupProgress(admin);
        await Until.HoldsAsync("detectors and sink have worked off everything", DrainTimeout, async () =>
        {
            foreach (Part part in parts)
                part.ShouldBeAlive();
            return await progress.LagAsync(DetectorGroup, Topics.PlayerEvents, Partitions) == 0
                && Warehouse.Reaches(Topics.PlayerEvents, await EndsAsync(Topics.PlayerEvents)) && Warehouse.Reaches(Topics.Alerts, await EndsAsync(Topics.Alerts))
                && await progress.LagAsync(DetectorGroup, Topics.PlayerEvents, Partitions) == 0;
        });
    }

    /// <summary>Where the running test has failed, adds what the programs said last to its output.</summary>
    public void TellIfFailed()
    {
        foreach (Part part in parts)
            part.TellIfFailed();
        Vital.TellIfFailed("the broker", broker.Log);
    }

    public async ValueTask DisposeAsync()
    {
        TellIfFailed();
        foreach (Part part in parts.Append(webHdfs))
            await part.DisposeAsync();
        admin.Dispose();
        await broker.DisposeAsync();
        folder.Dispose();
    }

    private Task<Dictionary<int, long>> EndsAsync(string topic) => new GroupProgress(admin).EndsAsync(Enumerable.Range(0, Partitions).Select(p => new TopicPartition(topic, p)));

    private async Task StartPartsAsync(Func<string, Task<string>>? proxy)
    {
        webHdfs.Start();
        await TopicSetup.EnsureAsync(admin, new Topics(Partitions).All, warning => throw new InvalidOperationException(warning));
        HistoryLoader.Load(World, BootstrapServers, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), _ => { }, CancellationToken.None);
        await webHdfs.ReadyAsync("/healthz");
        string hdfs = proxy is null ? webHdfs.Url : await proxy(webHdfs.Url);
        parts.AddRange([NewDetector(1), NewDetector(2), NewSink(hdfs), NewGameServer(1), NewGameServer(2)]);
        foreach (Part part in parts)
            part.Start();
        foreach (Part part in parts)
            await part.ReadyAsync();
    }

    private Part NewDetector(int number)
    {
        string url = NewUrl();
        return new Part($"detector-{number}", "detector", url, "--bootstrap-server", BootstrapServers, "--group", DetectorGroup, "--partitions", $"{Partitions}", "--client-id", $"detector-{number}", "--urls", url);
    }

    // Small commits in quick succession: a kill then meets every step of the commit protocol.
    private Part NewSink(string hdfs)
    {
        string url = NewUrl();
        return new Part("hdfs-sink", "hdfs-sink", url, "--bootstrap-server", BootstrapServers, "--webhdfs", hdfs, "--warehouse", WarehousePath, "--partitions", $"{Partitions}",
            "--rotate-seconds", "0.3", "--rotate-rows", "1000", "--urls", url);
    }

    private Part NewGameServer(int number)
    {
        string url = NewUrl(), secret = folder.WriteFile("credential", Credential), addresses = folder.WriteFile("addresses.csv", new Geography().ToCsv());
        return new Part($"game-server-{number}", "game-server", url, "--bootstrap-server", BootstrapServers, "--urls", url, "--server-id", $"gs-{number}", "--partitions", $"{Partitions}",
            "--service-credential-file", secret, "--accounts-key-file", secret, "--keys", folder["keys"], "--address-table", addresses, "--trusted-proxies", "127.0.0.0/8");
    }

    private static string NewUrl() => $"http://127.0.0.1:{FreePorts.Take()}";
}
