namespace Running;

/// <summary>The broker in its own process, on a port that stays the same over restarts.</summary>
public sealed class BrokerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);
    private readonly string[] _arguments;
    private readonly Place _place;
    private readonly int? _openFiles;
    private RunningProgram _process = null!;

    private BrokerProcess(Place place, string folder, string[] settings, int port, int? openFiles = null)
    {
        _place = place;
        _openFiles = openFiles;
        DataFolder = folder;
        Port = port;
        _arguments = ["--data", folder, .. Overrides(["group.initial.rebalance.delay.ms=0", $"listeners=PLAINTEXT://{place.Address}:{port}", .. settings])];
    }

    public int Port { get; }

    public string BootstrapServers => $"{_place.Address}:{Port}";

    public string DataFolder { get; }

    public int ProcessId => _process.Id;

    /// <summary>Its log since its last start.</summary>
    public string Log => _process.Said;

    /// <summary>Starts one and waits until it serves.</summary>
    /// <param name="folder">The folder of its data; created if it is missing.</param>
    /// <param name="settings">KEY=VALUE. The listener is set already, and a group's first rebalance waits for no further members.</param>
    /// <exception cref="RunningProgramException">It does not start; its log is in the message.</exception>
    public static Task<BrokerProcess> StartAsync(string folder, params string[] settings) => StartAsync(folder, FreePorts.Take(), settings);

    /// <inheritdoc cref="StartAsync(string, string[])"/>
    /// <param name="folder">The folder of its data; created if it is missing.</param>
    /// <param name="port">The port to listen on, for a case that must know it before the start.</param>
    /// <param name="settings">KEY=VALUE.</param>
    public static Task<BrokerProcess> StartAsync(string folder, int port, params string[] settings)
        => StartAsync(Place.Here, folder, port, settings);

    /// <inheritdoc cref="StartAsync(string, string[])"/>
    /// <param name="place">Where it runs.</param>
    /// <param name="folder">The folder of its data; created if it is missing.</param>
    /// <param name="port">The port to listen on.</param>
    /// <param name="settings">KEY=VALUE.</param>
    public static async Task<BrokerProcess> StartAsync(Place place, string folder, int port, params string[] settings)
    {
        BrokerProcess broker = new(place, folder, settings, port);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Starts one with a limit of open files (<c>ulimit -n</c>).</summary>
    public static async Task<BrokerProcess> StartLimitedAsync(string folder, int openFiles, params string[] settings)
    {
        BrokerProcess broker = new(Place.Here, folder, settings, FreePorts.Take(), openFiles);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Starts it after <see cref="StopAsync"/> or <see cref="KillAsync"/>, and waits until it serves.</summary>
    public async Task StartAgainAsync()
    {
        string program = Programs.PathOf("broker");
        _process = _openFiles is null
            ? _place.Start(program, _arguments, Programs.Environment(Repository.Root))
            : _place.Start("/bin/sh", ["-c", $"ulimit -n {_openFiles} && exec \"$0\" \"$@\"", program, .. _arguments], Programs.Environment(Repository.Root));
        await _process.LineAsync("serves requests", StartTimeout);
    }

    /// <summary>Asks it to end (SIGTERM).</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> StopAsync() => EndAsync(Signal.Terminate);

    /// <summary>Kills it with SIGKILL.</summary>
    public Task KillAsync() => EndAsync(Signal.Kill);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<int> EndAsync(Signal signal)
    {
        _process.Send(signal);
        int code = await _process.ExitAsync(StopTimeout);
        await _process.DisposeAsync();
        return code;
    }

    private static IEnumerable<string> Overrides(IEnumerable<string> settings) => settings.SelectMany(setting => new[] { "--override", setting });
}
