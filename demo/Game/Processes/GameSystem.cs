using Confluent.Kafka;
using Game.Contracts;
using Game.Simulator.World;
using Game.WebHdfs;

namespace Game.Cli.Processes;

/// <summary>
/// The whole system of one machine as child processes: broker, local WebHDFS server, game servers, detectors, filter, sink. Started in two steps, so that
/// history can be in the log before anyone reads.
/// </summary>
internal sealed class GameSystem : IAsyncDisposable
{
    private const string Sink = "hdfs-sink";
    private const string LocalWebHdfs = "local-webhdfs";

    /// <summary>The user at the local WebHDFS server: as HDFS does, it refuses names that a person may well have on this machine (jane@corp, 1abc).</summary>
    private const string LocalUser = "game";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    /// <summary>How soon a process that ended is noticed while something else is waited for.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private readonly SystemOptions _options;
    private readonly List<ChildProcess> _children = [];
    private readonly int[] _ports = FreePorts.Take(4 + SystemOptions.GameServers + SystemOptions.Detectors + 1);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private bool _keep;

    public GameSystem(SystemFolder folder, SystemOptions options)
    {
        Folder = folder;
        _options = options;
        Endpoints = new Endpoints(
            options.BootstrapServers ?? $"127.0.0.1:{_ports[0]}",
            options.WebHdfs ?? $"http://127.0.0.1:{_ports[1]}",
            [.. Enumerable.Range(0, SystemOptions.GameServers).Select(i => Url(4 + i))],
            [.. Enumerable.Range(0, SystemOptions.Detectors).Select(i => Url(4 + SystemOptions.GameServers + i))],
            Url(2),
            options.BootstrapServers is null ? $"127.0.0.1:{_ports[3]}" : null);
        Topics = new Topics(options.Partitions);
    }

    public SystemFolder Folder { get; }

    public Endpoints Endpoints { get; }

    public Topics Topics { get; }

    public IReadOnlyList<ChildProcess> Children => _children;

    /// <summary>What of this system stays in its folder.</summary>
    public SettledSystem Settled => new(_options.Partitions, _options.BootstrapServers, _options.WebHdfs);

    /// <summary>How its HDFS is reached.</summary>
    public WebHdfsOptions Hdfs => _options.WebHdfs is { } outside ? OutsideHdfs(outside) : LocalHdfs(Endpoints.WebHdfs);

    /// <summary>How a local WebHDFS server is reached.</summary>
    public static WebHdfsOptions LocalHdfs(string address) => OutsideHdfs(address) with { UserName = LocalUser };

    /// <summary>How any HDFS is reached: as the user of this machine.</summary>
    public static WebHdfsOptions OutsideHdfs(string address) => new() { NameNodes = WebHdfsOptions.ParseNameNodes(address) };

    /// <summary>How the HDFS of a running system is reached.</summary>
    public static WebHdfsOptions HdfsOf(RunningSystem running)
        => running.Processes.Any(process => process.Name == LocalWebHdfs) ? LocalHdfs(running.Endpoints.WebHdfs) : OutsideHdfs(running.Endpoints.WebHdfs);

    /// <summary>Starts what holds data, and creates the topics.</summary>
    /// <param name="admin">Of its brokers.</param>
    /// <param name="hdfs">Its HDFS.</param>
    /// <param name="say">Takes what is not as it should be, a sentence.</param>
    /// <param name="cancellation">Ends the start.</param>
    public async Task StartStoresAsync(IAdminClient admin, IWebHdfs hdfs, Action<string> say, CancellationToken cancellation)
    {
        if (_options.BootstrapServers is null)
        {
            Start("broker", "broker", "--data", Folder.Broker, "--override", $"listeners=PLAINTEXT://{Endpoints.BootstrapServers}",
                "--override", $"metrics.http.listener={Endpoints.BrokerMetrics}", "--override", "group.initial.rebalance.delay.ms=500");
        }

        if (_options.WebHdfs is null)
        {
            Start(LocalWebHdfs, "local-webhdfs", "--root", Folder.Hdfs, "--port", _ports[1].ToString());
        }
        await UntilAsync($"the brokers at {Endpoints.BootstrapServers}",
            () => Task.FromResult(admin.GetMetadata(TimeSpan.FromSeconds(1)).Brokers.Count > 0 ? null : "it knows no brokers"), StartTimeout, cancellation);
        await UntilAsync($"WebHDFS at {Endpoints.WebHdfs}",
            async () => await hdfs.GetFileStatusAsync("/", cancellation) is null ? "it has no root folder" : null, StartTimeout, cancellation);
        await TopicSetup.EnsureAsync(admin, Topics.All, say);
    }

    /// <summary>Starts those who read and write topics, and waits until each says that it is ready.</summary>
    public async Task StartApplicationsAsync(CancellationToken cancellation)
    {
        string addresses = Path.Combine(Folder.Path, "addresses.csv");
        await File.WriteAllTextAsync(addresses, new Geography().ToCsv(), cancellation);
        for (int i = 0; i < SystemOptions.Detectors; i++)
        {
            StartDetector(i);
        }
        Start("filter", "detector", "--filter", "--bootstrap-server", Endpoints.BootstrapServers, "--partitions", Partitions, "--urls",
            Url(4 + SystemOptions.GameServers + SystemOptions.Detectors));
        Start(Sink, "hdfs-sink", "--bootstrap-server", Endpoints.BootstrapServers, "--webhdfs", Endpoints.WebHdfs, "--user", Hdfs.UserName, "--warehouse",
            SystemOptions.Warehouse,
            "--partitions", Partitions, "--urls", Endpoints.Sink);
        for (int i = 0; i < SystemOptions.GameServers; i++)
        {
            Start($"game-server-{i + 1}", "game-server", "--bootstrap-server", Endpoints.BootstrapServers, "--urls", Endpoints.GameServers[i], "--server-id",
                $"gs-{i + 1}",
                "--partitions", Partitions, "--service-credential-file", Folder.CredentialFile, "--accounts-key-file", Folder.AccountsKeyFile, "--keys",
                    Path.Combine(Folder.Secrets, "keys"),
                "--address-table", addresses, "--trusted-proxies", "127.0.0.0/8");
        }

        foreach (string url in Endpoints.GameServers.Concat(Endpoints.Detectors).Append(Endpoints.Sink))
        {
            await ReadyAsync(url, cancellation);
        }
        Note();
    }

    /// <summary>Starts a detector in the place of one that was killed, and waits until it is ready.</summary>
    public async Task ReplaceDetectorAsync(ChildProcess killed, CancellationToken cancellation)
    {
        int index = Enumerable.Range(0, SystemOptions.Detectors).First(i => DetectorName(i) == killed.Name);
        _children.Remove(killed);
        killed.Dispose();
        StartDetector(index);
        await ReadyAsync(Endpoints.Detectors[index], cancellation);
    }

    /// <exception cref="UserErrorException">A process that should run has ended.</exception>
    public void ThrowIfOneDied(ChildProcess? expected = null)
    {
        if (_children.Find(child => child != expected && child.HasExited) is { } dead)
        {
            throw new UserErrorException($"The {dead.Name} ended unexpectedly; it said last: {dead.LastWords()} (whole log: {dead.LogFile})");
        }
    }

    /// <summary>Does something that needs the system, until it is done or a process has ended: a client may wait long for a broker that is no more.</summary>
    /// <param name="work">What to do; what it does after a process has ended is not waited for.</param>
    /// <param name="expected">The process that may end, at each look.</param>
    /// <exception cref="UserErrorException">A process that should run has ended.</exception>
    public async Task<T> WhileAllRunAsync<T>(Func<Task<T>> work, Func<ChildProcess?> expected, CancellationToken cancellation)
    {
        ThrowIfOneDied(expected());
        Task<T> working = work();
        using PeriodicTimer tick = new(LookEvery);
        while (!working.IsCompleted)
        {
            await Task.WhenAny(working, tick.WaitForNextTickAsync(cancellation).AsTask());
            cancellation.ThrowIfCancellationRequested();
            ThrowIfOneDied(expected());
        }

        try
        {
            return await working;
        }
        catch (KafkaException)
        {
            ThrowIfOneDied(expected()); // says more than the client does
            throw;
        }
    }

    /// <summary>What hinders the sink or a detector, in its own words; null where all of them that answer are well.</summary>
    public async Task<string?> TroubleAsync(CancellationToken cancellation)
    {
        foreach ((string name, string url) in Endpoints.Detectors.Select((url, i) => (DetectorName(i), url)).Prepend((Sink, Endpoints.Sink)))
        {
            try
            {
                if (await NotReadyAsync(url, cancellation) is { } trouble)
                {
                    return $"the {name} says: {trouble}";
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                // It is not there, or has no time to answer; whether it lives is looked at elsewhere.
            }
        }

        return null;
    }

    /// <summary>The processes outlive this object.</summary>
    public void Keep() => _keep = true;

    /// <summary>Notes what runs, so that <c>./game down</c> and <c>status</c> find it whatever happens to this process.</summary>
    public void Note()
        => Folder.NoteRunning(new RunningSystem(Endpoints,
        [.. _children.Where(child => !child.HasExited).Select(child => RunningProcess.Of(child.Name, child.Id, child.Program))]));

    /// <summary>Stops everything: first who writes, then who reads, then who stores.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_keep)
        {
            await StopAsync(child => child.Name.StartsWith("game-server", StringComparison.Ordinal));
            await StopAsync(child => child.Name is not ("broker" or LocalWebHdfs));
            await StopAsync(_ => true);
            Folder.ForgetRunning();
        }

        foreach (ChildProcess child in _children)
        {
            child.Dispose();
        }
        _http.Dispose();
    }

    private static string DetectorName(int index) => $"detector-{index + 1}";

    // Its client id is its name, by which the group's description is read.
    private void StartDetector(int index)
        => Start(DetectorName(index), "detector", "--bootstrap-server", Endpoints.BootstrapServers, "--group", SystemOptions.DetectorGroup, "--partitions",
        Partitions,
            "--client-id", DetectorName(index), "--urls", Endpoints.Detectors[index]);

    private Task ReadyAsync(string url, CancellationToken cancellation)
        => UntilAsync($"{url}/readyz", () => NotReadyAsync(url, cancellation), StartTimeout, cancellation);

    private async Task<string?> NotReadyAsync(string url, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await _http.GetAsync(url + "/readyz", cancellation);
        return response.IsSuccessStatusCode ? null : (await response.Content.ReadAsStringAsync(cancellation)).Trim();
    }

    private string Partitions => _options.Partitions.ToString();

    private Task StopAsync(Func<ChildProcess, bool> which) => Task.WhenAll(_children.Where(which).Select(child => child.StopAsync()));

    // On a machine that all share, what is urgent goes before the upload: of players' actions and alerts the sink is the only reader that nobody waits for.
    internal void Start(string name, string program, params string[] arguments)
    {
        _children.Add(ChildProcess.Start(name, program, arguments, Path.Combine(Folder.Logs, name + ".log"), gives: name is Sink or LocalWebHdfs));
        Note();
    }

    private string Url(int port) => $"http://127.0.0.1:{_ports[port]}";

    /// <param name="what">For the sentence that says it did not come.</param>
    /// <param name="fault">Null when it is there, else what is missing; may throw what a server throws that is not there yet.</param>
    /// <param name="limit">How long to wait.</param>
    /// <exception cref="UserErrorException">It did not come, it never will, or a process of the system has ended.</exception>
    internal async Task UntilAsync(string what, Func<Task<string?>> fault, TimeSpan limit, CancellationToken cancellation)
    {
        long started = TimeProvider.System.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            ThrowIfOneDied();
            string? last;
            try
            {
                if ((last = await fault()) is null)
                {
                    return;
                }
            }
            catch (WebHdfsException e) when (!e.IsTransient && (int?)e.StatusCode is >= 400 and < 500)
            {
                throw new UserErrorException($"There will be no answer from {what}: {e.GetBaseException().Message}", e);
            }
            catch (Exception e) when (e is KafkaException or HttpRequestException or WebHdfsException or TaskCanceledException
            && !cancellation.IsCancellationRequested)
            {
                last = e.GetBaseException().Message; // not there yet
            }

            if (TimeProvider.System.GetElapsedTime(started) >= limit)
            {
                throw new UserErrorException(
                    $"There is no good answer from {what} after {limit.TotalSeconds:F0} s, the last was: {last.TrimEnd('.')}; the logs are in {Folder.Logs}.");
            }
            await tick.WaitForNextTickAsync(cancellation);
        }
    }
}
