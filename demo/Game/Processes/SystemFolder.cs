using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.Cli.Processes;

/// <summary>Where a system's parts listen.</summary>
internal sealed record Endpoints(string BootstrapServers, string WebHdfs, IReadOnlyList<string> GameServers, IReadOnlyList<string> Detectors, string Sink, string? BrokerMetrics);

/// <summary>A process of a running system.</summary>
internal sealed record RunningProcess(string Name, int Id);

/// <summary>What runs in a folder, written while it runs.</summary>
internal sealed record RunningSystem(Endpoints Endpoints, IReadOnlyList<RunningProcess> Processes, int Partitions);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RunningSystem))]
internal sealed partial class RunningSystemJson : JsonSerializerContext;

/// <summary>
/// The folder a system keeps its data in: broker/, hdfs/, logs/, secrets/, and running.json while it runs. All of them lie under .game of the project; the file
/// .game/newest names the one used last.
/// </summary>
internal sealed class SystemFolder
{
    private SystemFolder(string path) => Path = path;

    /// <summary>The project's folder.</summary>
    public static string Home => Environment.GetEnvironmentVariable("GAME_HOME") ?? throw new UserErrorException("Call this program through ./game, which says where everything lies.");

    /// <summary>The folder of the published programs.</summary>
    public static string Programs => Environment.GetEnvironmentVariable("GAME_APPS") ?? throw new UserErrorException("Call this program through ./game, which publishes the programs.");

    public static string Root => System.IO.Path.Combine(Home, ".game");

    public string Path { get; }

    public string Broker => Sub("broker");

    public string Hdfs => Sub("hdfs");

    public string Cache => Sub("cache");

    public string Logs => Sub("logs");

    public string Secrets => Sub("secrets");

    private string RunningFile => System.IO.Path.Combine(Path, "running.json");

    private static string NewestFile => System.IO.Path.Combine(Root, "newest");

    /// <summary>A new, empty folder, named for the verb and the time; becomes the newest. Older ones of the same verb are removed.</summary>
    public static SystemFolder Create(string verb, DateTimeOffset now)
    {
        Directory.CreateDirectory(Root);
        foreach (string old in Directory.GetDirectories(Root, verb + "-*"))
            Directory.Delete(old, recursive: true);
        string path = System.IO.Path.Combine(Root, $"{verb}-{now:yyyyMMdd-HHmmss}");
        Directory.CreateDirectory(path);
        File.WriteAllText(NewestFile, System.IO.Path.GetFileName(path));
        return new SystemFolder(path);
    }

    /// <summary>An empty folder for work that leaves nothing behind; not the newest.</summary>
    public static SystemFolder Scratch(string verb)
    {
        string path = System.IO.Path.Combine(Root, verb);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        return new SystemFolder(Directory.CreateDirectory(path).FullName);
    }

    public void Remove() => Directory.Delete(Path, recursive: true);

    /// <summary>The folder used last; null where there is none.</summary>
    public static SystemFolder? Newest()
    {
        if (!File.Exists(NewestFile))
            return null;
        string path = System.IO.Path.Combine(Root, File.ReadAllText(NewestFile).Trim());
        return Directory.Exists(path) ? new SystemFolder(path) : null;
    }

    /// <summary>The system that runs in the newest folder; null where nothing does. A note of processes that are all gone is removed.</summary>
    public RunningSystem? Running()
    {
        if (!File.Exists(RunningFile))
            return null;
        RunningSystem? noted = JsonSerializer.Deserialize(File.ReadAllText(RunningFile), RunningSystemJson.Default.RunningSystem);
        if (noted is not null && noted.Processes.Any(IsAlive))
            return noted;
        ForgetRunning();
        return null;
    }

    public void NoteRunning(RunningSystem running) => File.WriteAllText(RunningFile, JsonSerializer.Serialize(running, RunningSystemJson.Default.RunningSystem));

    public void ForgetRunning() => File.Delete(RunningFile);

    /// <summary>Whether the noted process is still the one that was noted (its command line names the programs' folder).</summary>
    public static bool IsAlive(RunningProcess process)
    {
        try
        {
            string commandLine = File.ReadAllText($"/proc/{process.Id}/cmdline");
            return commandLine.Contains("/.build/", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A file of the secrets folder, readable by its owner only, with fresh random text when it is not there.</summary>
    public string Secret(string name)
    {
        string path = System.IO.Path.Combine(Secrets, name);
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new StreamWriter(path, options);
            file.WriteLine(Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        }

        return path;
    }

    private string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
}
