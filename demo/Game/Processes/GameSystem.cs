using Confluent.Kafka;
using Game.Contracts;
using Game.Simulator.World;
using Game.WebHdfs;
using Geography = Game.Worlds.Geography;

namespace Game.Cli.Processes;

/// <summary>
/// The whole system on one machine as child processes: brokers, local WebHDFS server, game servers, detectors, filter, sink. It starts in two steps, so that
/// history can be produced before any consumer starts.
/// </summary>
internal sealed class GameSystem : IAsyncDisposable
{
    private const string Sink = "hdfs-sink";
    internal const string LocalWebHdfs = "local-webhdfs";

    /// <summary>The user name for the local WebHDFS server, which refuses, as HDFS does, some names that a user here can have (jane@corp, 1abc).</summary>
    private const string LocalUser = "game";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    /// <summary>How often the system checks, while it waits for something else, that no process has ended.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);

    private readonly List<ChildProcess> _children = [];
    private readonly int _webHdfsPort = FreePorts.Find(1)[0];
    private readonly string _filterUrl = Urls(1)[0];
    private readonly Brokers? _brokers;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private bool _keep;

    public GameSystem(SystemFolder folder, SystemOptions options)
    {
        Folder = folder;
        Options = options;
        _brokers = options.BootstrapServers is null ? new Brokers(folder, options.Cluster) : null;
        Endpoints = new Endpoints(
            options.BootstrapServers ?? _brokers!.BootstrapServers,
            options.WebHdfs ?? $"http://127.0.0.1:{_webHdfsPort}",
            Urls(SystemOptions.GameServers),
            Urls(SystemOptions.Detectors),
            Urls(1)[0],
            _brokers?.Metrics);
        Topics = new Topics(options.Partitions);
    }

    public SystemFolder Folder { get; }

    public Endpoints Endpoints { get; }

    public Topics Topics { get; }

    public IReadOnlyList<ChildProcess> Children => _children;

    public SystemOptions Options { get; }

    /// <summary>What <see cref="StartStoresAsync"/> starts, for people.</summary>
    public string Stores => Options.Cluster ? "ZooKeeper, brokers and HDFS" : "broker and HDFS";

    /// <summary>How to reach the HDFS of this system.</summary>
    public WebHdfsOptions Hdfs => Options.WebHdfs is { } outside ? OutsideHdfs(outside) : LocalHdfs(Endpoints.WebHdfs);

    /// <summary>How to reach a local WebHDFS server.</summary>
    public static WebHdfsOptions LocalHdfs(string address) => OutsideHdfs(address) with { UserName = LocalUser };

    /// <summary>How to reach an outside HDFS: as the user of this machine.</summary>
    public static WebHdfsOptions OutsideHdfs(string address) => new() { NameNodes = WebHdfsOptions.ParseNameNodes(address) };

    /// <summary>How to reach the HDFS of a running system.</summary>
    public static WebHdfsOptions HdfsOf(RunningSystem running)
        => running.Processes.Any(process => process.Name == LocalWebHdfs) ? LocalHdfs(running.Endpoints.WebHdfs) : OutsideHdfs(running.Endpoints.WebHdfs);

    /// <summary>Starts broker and HDFS, where they are not outside ones, and creates the topics.</summary>
    /// <param name="admin">A client of the brokers.</param>
    /// <param name="hdfs">A client of the HDFS.</param>
    /// <param name="report">Shows a warning of one sentence.</param>
    /// <param name="cancellation">Ends the start.</param>
    public async Task StartStoresAsync(IAdminClient admin, IWebHdfs hdfs, Action<string> report, CancellationToken cancellation)
    {
        if (_brokers is { } brokers)
        {
            await StartBrokersAsync(brokers, cancellation);
        }

        if (Options.WebHdfs is null)
        {
            Start(LocalWebHdfs, "local-webhdfs", "--root", Folder.Hdfs, "--port", _webHdfsPort.ToString());
        }
        await UntilAsync($"the brokers at {Endpoints.BootstrapServers}",
            () => Task.FromResult(MissingBrokers(admin.GetMetadata(TimeSpan.FromSeconds(1)).Brokers.Count)), StartTimeout, cancellation);
        await UntilAsync($"WebHDFS at {Endpoints.WebHdfs}",
            async () => await hdfs.GetFileStatusAsync("/", cancellation) is null ? "it has no root folder" : null, StartTimeout, cancellation);
        await TopicSetup.EnsureAsync(admin, Topics.All, report);
    }

    /// <summary>Starts detectors, filter, sink and game servers, and waits until each is ready.</summary>
    public async Task StartApplicationsAsync(CancellationToken cancellation)
    {
        string addresses = Path.Combine(Folder.Path, "addresses.csv");
        await File.WriteAllTextAsync(addresses, new Geography().ToCsv(), cancellation);
        for (int i = 0; i < SystemOptions.Detectors; i++)
        {
            StartDetector(i);
        }

        Start("filter", "detector", "--filter", "--bootstrap-server", Endpoints.BootstrapServers, "--partitions", Partitions,
            "--urls", _filterUrl);
        Start(Sink, "hdfs-sink", "--bootstrap-server", Endpoints.BootstrapServers, "--webhdfs", Endpoints.WebHdfs, "--user", Hdfs.UserName,
            "--warehouse", SystemOptions.Warehouse, "--partitions", Partitions, "--urls", Endpoints.Sink);
        for (int i = 0; i < SystemOptions.GameServers; i++)
        {
            Start($"game-server-{i + 1}", "game-server", "--bootstrap-server", Endpoints.BootstrapServers, "--urls", Endpoints.GameServers[i],
                "--server-id", $"gs-{i + 1}", "--partitions", Partitions, "--service-credential-file", Folder.CredentialFile,
                "--accounts-key-file", Folder.AccountsKeyFile, "--keys", Path.Combine(Folder.Secrets, "keys"),
                "--address-table", addresses, "--trusted-proxies", "127.0.0.0/8");
        }

        foreach (string url in Endpoints.GameServers.Concat(Endpoints.Detectors).Append(Endpoints.Sink))
        {
            await ReadyAsync(url, cancellation);
        }
        SaveRunning();
    }

    /// <summary>The process of a broker of the system's cluster.</summary>
    /// <param name="id">From 1.</param>
    public ChildProcess Broker(int id) => _children.Find(child => child.Name == _brokers?.NameOf(id))
        ?? throw new InvalidOperationException($"The system has started no broker {id}.");

    /// <summary>Starts a killed broker again, on the same port and data; does not wait until it serves.</summary>
    /// <inheritdoc cref="Broker"/>
    public void RestartBroker(int id)
    {
        Broker(id).StartAgain();
        SaveRunning();
    }

    /// <summary>Starts a killed detector again, and waits until it is ready.</summary>
    public async Task RestartDetectorAsync(ChildProcess killed, CancellationToken cancellation)
    {
        killed.StartAgain();
        SaveRunning();
        await ReadyAsync(Endpoints.Detectors[Enumerable.Range(0, SystemOptions.Detectors).First(i => DetectorName(i) == killed.Name)], cancellation);
    }

    /// <exception cref="UserErrorException">A process has ended that was not killed by <see cref="ChildProcess.Kill"/>.</exception>
    public void ThrowIfProcessExited()
    {
        if (_children.Find(child => child.HasFailed) is { } exited)
        {
            throw new UserErrorException(
                $"The {exited.Name} ended unexpectedly; the last line of its log: {exited.LastLogLine()} (whole log: {exited.LogFile})");
        }
    }

    /// <summary>Runs work that needs the system, and throws as soon as a process ends: a client can wait long for a broker that has ended.</summary>
    /// <param name="work">The work. When a process ends, it is not awaited any more.</param>
    /// <exception cref="UserErrorException">A process that should run has ended.</exception>
    public async Task<T> WhileAllRunAsync<T>(Func<Task<T>> work, CancellationToken cancellation)
    {
        ThrowIfProcessExited();
        Task<T> working = work();
        using PeriodicTimer tick = new(CheckInterval);
        while (!working.IsCompleted)
        {
            await Task.WhenAny(working, tick.WaitForNextTickAsync(cancellation).AsTask());
            cancellation.ThrowIfCancellationRequested();
            ThrowIfProcessExited();
        }

        try
        {
            return await working;
        }
        catch (KafkaException)
        {
            ThrowIfProcessExited(); // its message says more than the client's
            throw;
        }
    }

    /// <summary>The first problem that the sink or a detector reports at /readyz, with its name; null where all that answer are ready.</summary>
    public async Task<string?> ProblemAsync(CancellationToken cancellation)
    {
        foreach ((string name, string url) in Endpoints.Detectors.Select((url, i) => (DetectorName(i), url)).Prepend((Sink, Endpoints.Sink)))
        {
            try
            {
                if (await NotReadyAsync(url, cancellation) is { } trouble)
                {
                    return $"the {name} reports: {trouble}";
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
            {
                // It does not run, or is too busy to answer. ThrowIfProcessExited finds processes that have ended.
            }
        }

        return null;
    }

    /// <summary>Makes <see cref="DisposeAsync"/> leave the processes running.</summary>
    public void Keep() => _keep = true;

    /// <summary>Writes the running processes to running.json, so that <c>./game down</c> and <c>status</c> find them even if this process is killed.</summary>
    public void SaveRunning()
        => Folder.SaveRunning(new RunningSystem(Endpoints,
        [.. _children.Where(child => !child.HasExited).Select(child => RunningProcess.Of(child.Name, child.Id, child.Program))]));

    /// <summary>Stops all processes, unless they are kept, in the <see cref="StopOrder"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_keep)
        {
            foreach (IReadOnlyList<ChildProcess> step in StopOrder.Steps(_children, child => child.Name))
            {
                await Task.WhenAll(step.Select(child => child.StopAsync()));
            }

            Folder.ForgetRunning();
        }

        foreach (ChildProcess child in _children)
        {
            child.Dispose();
        }
        _http.Dispose();
    }

    private async Task StartBrokersAsync(Brokers brokers, CancellationToken cancellation)
    {
        if (brokers.ZooKeeperPort is { } port)
        {
            Start(ZooKeeperServer.Name, ZooKeeperServer.Name, ZooKeeperServer.Arguments(port, Folder.DataOf(ZooKeeperServer.Name)));
            await UntilAsync($"ZooKeeper at 127.0.0.1:{port}", () => ZooKeeperServer.RefusedAsync(port, cancellation), StartTimeout, cancellation);
        }

        for (int id = 1; id <= brokers.Count; id++)
        {
            Start(brokers.NameOf(id), Brokers.Name, [.. brokers.ArgumentsOf(id)]);
        }
    }

    private string? MissingBrokers(int found)
        => found >= (_brokers?.Count ?? 1) ? null : $"{found} of {_brokers?.Count ?? 1} brokers have registered";

    private static string DetectorName(int index) => $"detector-{index + 1}";

    // The client id is the name of the process, so that the group's members can be matched with processes.
    private void StartDetector(int index)
        => Start(DetectorName(index), "detector", "--bootstrap-server", Endpoints.BootstrapServers, "--group", SystemOptions.DetectorGroup,
            "--partitions", Partitions, "--client-id", DetectorName(index), "--urls", Endpoints.Detectors[index]);

    private Task ReadyAsync(string url, CancellationToken cancellation)
        => UntilAsync($"{url}/readyz", () => NotReadyAsync(url, cancellation), StartTimeout, cancellation);

    private async Task<string?> NotReadyAsync(string url, CancellationToken cancellation)
    {
        using HttpResponseMessage response = await _http.GetAsync(url + "/readyz", cancellation);
        return response.IsSuccessStatusCode ? null : (await response.Content.ReadAsStringAsync(cancellation)).Trim();
    }

    private string Partitions => Options.Partitions.ToString();

    // All processes share one machine. No user waits for the upload to HDFS, so the sink and the local WebHDFS server run at low priority.
    internal void Start(string name, string program, params string[] arguments)
    {
        _children.Add(ChildProcess.Start(name, program, arguments, Path.Combine(Folder.Logs, name + ".log"), lowPriority: name is Sink or LocalWebHdfs));
        SaveRunning();
    }

    private static string[] Urls(int count) => [.. FreePorts.Find(count).Select(port => $"http://127.0.0.1:{port}")];

    /// <summary>Waits until a server is usable.</summary>
    /// <param name="what">The name of the server, for the error.</param>
    /// <param name="fault">Gives null when the server is usable, else why it is not; may throw what a client throws while the server starts.</param>
    /// <param name="limit">How long to wait.</param>
    /// <exception cref="UserErrorException">The time is over, the server refuses permanently, or a process of the system has ended.</exception>
    internal async Task UntilAsync(string what, Func<Task<string?>> fault, TimeSpan limit, CancellationToken cancellation)
    {
        long started = TimeProvider.System.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            ThrowIfProcessExited();
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
                last = e.GetBaseException().Message; // it is still starting
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
