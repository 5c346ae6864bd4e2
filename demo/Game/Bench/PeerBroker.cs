using System.Diagnostics;
using Game.Cli.Processes;

namespace Game.Cli.Bench;

/// <summary>One Apache Kafka broker of the peers folder, with a heap of 1 GB.</summary>
internal sealed class PeerBroker : IBrokerUnderTest
{
    private readonly string _version;
    private readonly string _folder;
    private readonly int _port;
    private readonly int _zooKeeperPort;
    private readonly string _launcher;

    private PeerBroker(string version, string folder)
    {
        _version = version;
        _folder = Path.Combine(folder, "kafka-" + version);
        int[] ports = FreePorts.Find(2);
        (_port, _zooKeeperPort) = (ports[0], ports[1]);
        _launcher = Path.Combine(Peers(), "bin", "kafka-cluster");
    }

    public string Name => "Apache Kafka " + _version;

    public string BootstrapServers => $"127.0.0.1:{_port}";

    public int ProcessId => int.Parse(File.ReadAllText(Path.Combine(_folder, "broker-1.pid")));

    public static async Task<PeerBroker> StartAsync(string version, string folder, CancellationToken cancellation)
    {
        PeerBroker broker = new(version, folder);
        await broker.LaunchAsync(cancellation, "up", broker._folder, "1");
        return broker;
    }

    public async Task<TimeSpan?> RestartAsync(CancellationToken cancellation)
    {
        int old = ProcessId;
        await LaunchAsync(cancellation, "stop", _folder, "1");
        while (IsRunning(old))
        {
            await Task.Delay(20, cancellation);
        }
        long since = Stopwatch.GetTimestamp();
        await Task.WhenAll(LaunchAsync(cancellation, "start", _folder, "1"), MetadataProbe.FirstAnswerAsync(BootstrapServers, since, cancellation));
        return Stopwatch.GetElapsedTime(since);
    }

    public async ValueTask DisposeAsync() => await LaunchAsync(CancellationToken.None, "down", _folder);

    private async Task LaunchAsync(CancellationToken cancellation, params string[] arguments)
    {
        Directory.CreateDirectory(_folder);
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        foreach (string part in (string[])["-c", "\"$0\" \"$@\" >>\"$LOG\" 2>&1 </dev/null", _launcher, .. arguments])
        {
            start.ArgumentList.Add(part);
        }
        start.Environment["LOG"] = Path.Combine(_folder, "launcher.log");
        start.Environment["KAFKA"] = _version;
        start.Environment["KAFKA_PORT"] = (_port - 1).ToString();
        start.Environment["ZK_PORT"] = _zooKeeperPort.ToString();
        start.Environment["HEAP"] = "1g";
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new UserErrorException($"{_launcher} {string.Join(' ', arguments)} failed; see {Path.Combine(_folder, "launcher.log")}.");
        }
    }

    // A process that has ended, and that its parent has not waited for, is a zombie: state Z.
    private static bool IsRunning(int processId)
        => Directory.Exists($"/proc/{processId}") && !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z", StringComparison.Ordinal);

    private static string Peers()
    {
        string path = Environment.GetEnvironmentVariable("PEERS") ?? Path.GetFullPath(Path.Combine(SystemFolder.Home, "..", "shared", "peers"));
        return Directory.Exists(path) ? path
            : throw new UserErrorException("There are no peers to compare with: set PEERS to the folder that holds Apache Kafka's archives and launchers.");
    }
}
