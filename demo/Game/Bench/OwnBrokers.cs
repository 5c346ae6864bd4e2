using System.Diagnostics;
using Game.Cli.Processes;

namespace Game.Cli.Bench;

/// <summary>Brokers of this project: one alone, or a cluster on a ZooKeeper of its own.</summary>
internal sealed class OwnBrokers(string folder, BrokersWanted wanted) : IClusterUnderTest
{
    public const string OwnName = "ours";

    private readonly string _folder = Path.Combine(folder, "ours");
    private readonly SortedDictionary<int, ChildProcess> _brokers = [];
    private readonly int _zooKeeperPort = FreePorts.Find(1)[0];
    private ChildProcess? _zooKeeper;

    public string Name => OwnName;

    public IReadOnlyList<string> Addresses { get; } = [.. FreePorts.Find(wanted.Count).Select(port => $"127.0.0.1:{port}")];

    public IReadOnlyList<int> ProcessIds => [.. _brokers.Values.Where(broker => !broker.HasExited).Select(broker => broker.Id)];

    public async Task StartAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_folder);
        if (wanted.IsCluster)
        {
            _zooKeeper = ZooKeeperServer.Start(_zooKeeperPort, Path.Combine(_folder, "zookeeper"), Log(ZooKeeperServer.Name));
            await ZooKeeperServer.UntilServesAsync(_zooKeeper, _zooKeeperPort, cancellation);
        }
        await StartAllAsync(cancellation);
    }

    public async Task<TimeSpan?> RestartAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(_brokers.Values.Select(broker => broker.StopAsync()));
        return await StartAllAsync(cancellation);
    }

    public void Kill(int id) => _brokers[id].Kill();

    public async Task<TimeSpan> StartAgainAsync(int id, CancellationToken cancellation)
    {
        await _brokers[id].WaitForExitAsync(cancellation);
        long since = Stopwatch.GetTimestamp();
        Start(id);
        return await FirstAnswerAsync(id, brokers: 1, since, cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        ChildProcess[] all = [.. _brokers.Values, .. _zooKeeper is null ? [] : new[] { _zooKeeper }];
        foreach (ChildProcess process in all)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    private async Task<TimeSpan> StartAllAsync(CancellationToken cancellation)
    {
        long since = Stopwatch.GetTimestamp();
        for (int id = 1; id <= wanted.Count; id++)
        {
            Start(id);
        }
        TimeSpan[] starts = await Task.WhenAll(_brokers.Keys.Select(id => FirstAnswerAsync(id, wanted.Count, since, cancellation)));
        return starts.Max();
    }

    private Task<TimeSpan> FirstAnswerAsync(int id, int brokers, long since, CancellationToken cancellation)
        => MetadataProbe.FirstAnswerAsync(Addresses[id - 1], brokers, since, () => _brokers[id].HasExited, cancellation);

    private void Start(int id)
    {
        if (_brokers.TryGetValue(id, out ChildProcess? broker))
        {
            broker.StartAgain();
            return;
        }

        string name = $"{Brokers.Name}-{id}";
        _brokers[id] = ChildProcess.Start(name, Brokers.Name, ["--data", Path.Combine(_folder, name), .. Overrides(id)], Log(name));
    }

    private IEnumerable<string> Overrides(int id)
    {
        string[] own = [$"listeners=PLAINTEXT://{Addresses[id - 1]}"];
        string[] member = [$"broker.id={id}", $"broker.rack={Brokers.RackOf(id)}", $"zookeeper.connect=127.0.0.1:{_zooKeeperPort}"];
        return own.Concat(wanted.IsCluster ? member : []).Concat(wanted.Settings).SelectMany(setting => new[] { "--override", setting });
    }

    private string Log(string name) => Path.Combine(_folder, name + ".log");
}
