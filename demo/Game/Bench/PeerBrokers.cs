using System.Diagnostics;
using System.Globalization;
using Game.Cli.Processes;

namespace Game.Cli.Bench;

/// <summary>Brokers of Apache Kafka from the peers folder, each with a heap of 1 GB: one, or a cluster.</summary>
internal sealed class PeerBrokers : IClusterUnderTest
{
    private readonly string _version;
    private readonly string _folder;
    private readonly BrokersWanted _wanted;
    private readonly int _firstPort;
    private readonly int _zooKeeperPort = FreePorts.Find(1)[0];
    private readonly string _launcher = Path.Combine(Folder(), "bin", "kafka-cluster");

    /// <exception cref="UserErrorException">There is no peers folder.</exception>
    public PeerBrokers(string version, string folder, BrokersWanted wanted)
    {
        _version = version;
        _folder = Path.Combine(folder, "kafka-" + version);
        _wanted = wanted;
        _firstPort = FreePorts.FindRow(wanted.Count);
        Addresses = [.. Enumerable.Range(_firstPort, wanted.Count).Select(port => $"127.0.0.1:{port}")];
    }

    public string Name => NameOf(_version);

    public IReadOnlyList<string> Addresses { get; }

    public IReadOnlyList<int> ProcessIds => [.. Ids.Select(ProcessOf).OfType<int>().Where(IsRunning)];

    private IEnumerable<int> Ids => Enumerable.Range(1, _wanted.Count);

    public static string NameOf(string version) => "Apache Kafka " + version;

    /// <summary>The peers folder.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static string Folder()
    {
        string path = Environment.GetEnvironmentVariable("PEERS") ?? Path.GetFullPath(Path.Combine(SystemFolder.Home, "..", "shared", "peers"));
        return Directory.Exists(path) ? path
            : throw new UserErrorException("There are no peers to compare with: set PEERS to the folder that holds Apache Kafka's archives and launchers.");
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        await LaunchAsync(cancellation, ["up", _folder, $"{_wanted.Count}", .. _wanted.Settings]);
        await Task.WhenAll(Ids.Select(id => FirstAnswerAsync(id, _wanted.Count, Stopwatch.GetTimestamp(), Task.CompletedTask, cancellation)));
    }

    public async Task<TimeSpan?> RestartAsync(CancellationToken cancellation)
    {
        foreach (int id in Ids)
        {
            Signals.Terminate(ProcessOf(id)!.Value);
        }
        await UntilNoneRunsAsync(Ids, cancellation);
        long since = Stopwatch.GetTimestamp();
        TimeSpan[] starts = await Task.WhenAll(Ids.Select(id => LaunchAgainAsync(id, _wanted.Count, since, cancellation)));
        return starts.Max();
    }

    public void Kill(int id) => Signals.KillAtOnce(ProcessOf(id)!.Value);

    public async Task<TimeSpan> StartAgainAsync(int id, CancellationToken cancellation)
    {
        await UntilNoneRunsAsync([id], cancellation);
        return await LaunchAgainAsync(id, brokers: 1, Stopwatch.GetTimestamp(), cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await LaunchAsync(CancellationToken.None, ["down", _folder]);
        await UntilNoneRunsAsync(Ids, CancellationToken.None);
    }

    // The launcher gives a port half a minute to open, which a broker that has many logs to recover exceeds: the probe waits for it, not the launcher.
    private async Task<TimeSpan> LaunchAgainAsync(int id, int brokers, long since, CancellationToken cancellation)
    {
        using Process process = Launch(["start", _folder, $"{id}"]);
        Task launch = EndAsync(process, cancellation);
        TimeSpan start = await FirstAnswerAsync(id, brokers, since, launch, cancellation);
        await launch;
        return start;
    }

    // The launcher's end shows that it has written the process's id.
    private Task<TimeSpan> FirstAnswerAsync(int id, int brokers, long since, Task launch, CancellationToken cancellation)
        => MetadataProbe.FirstAnswerAsync(Addresses[id - 1], brokers, since,
            hasEnded: () => launch.IsCompleted && ProcessOf(id) is { } process && !IsRunning(process), cancellation);

    private async Task LaunchAsync(CancellationToken cancellation, IReadOnlyList<string> arguments)
    {
        using Process process = Launch(arguments);
        await EndAsync(process, cancellation);
        if (process.ExitCode != 0)
        {
            throw new UserErrorException($"{_launcher} {string.Join(' ', arguments)} failed; see {Path.Combine(_folder, "launcher.log")}.");
        }
    }

    private Process Launch(IReadOnlyList<string> arguments)
    {
        Directory.CreateDirectory(_folder);
        ProcessStartInfo start = new("/bin/sh") { UseShellExecute = false };
        foreach (string part in (string[])["-c", "\"$0\" \"$@\" >>\"$LOG\" 2>&1 </dev/null", _launcher, .. arguments])
        {
            start.ArgumentList.Add(part);
        }
        start.Environment["LOG"] = Path.Combine(_folder, "launcher.log");
        start.Environment["KAFKA"] = _version;
        start.Environment["KAFKA_PORT"] = $"{_firstPort - 1}";
        start.Environment["ZK_PORT"] = $"{_zooKeeperPort}";
        start.Environment["HEAP"] = "1g";
        return Process.Start(start)!;
    }

    /// <summary>Waits for the launcher's end; a cancellation ends it and what it has just started, which it may not have noted yet.</summary>
    private static async Task EndAsync(Process launcher, CancellationToken cancellation)
    {
        try
        {
            await launcher.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            launcher.Kill(entireProcessTree: true);
            throw;
        }
    }

    private async Task UntilNoneRunsAsync(IEnumerable<int> ids, CancellationToken cancellation)
    {
        while (ids.Select(ProcessOf).OfType<int>().Any(IsRunning))
        {
            await Task.Delay(20, cancellation);
        }
    }

    private int? ProcessOf(int id)
    {
        string file = Path.Combine(_folder, $"broker-{id}.pid");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out int process) ? process : null;
    }

    // A process that has ended, and that its parent has not waited for, is a zombie: state Z.
    private static bool IsRunning(int processId)
    {
        try
        {
            return !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
