using System.Text.Json;
using System.Text.Json.Serialization;

namespace Game.Cli.Processes;

/// <summary>Where a system's parts listen.</summary>
internal sealed record Endpoints(string BootstrapServers, string WebHdfs, IReadOnlyList<string> GameServers, IReadOnlyList<string> Detectors, string Sink, string? BrokerMetrics);

/// <summary>What runs in a folder, written while it runs.</summary>
internal sealed record RunningSystem(Endpoints Endpoints, IReadOnlyList<RunningProcess> Processes);

/// <summary>What of a system stays when it does not run.</summary>
/// <param name="Partitions">Partitions of player-events, which never change.</param>
internal sealed record SettledSystem(int Partitions);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RunningSystem))]
[JsonSerializable(typeof(SettledSystem))]
internal sealed partial class SystemFolderJson : JsonSerializerContext;

/// <summary>
/// The folder a system keeps its data in: broker/, hdfs/, logs/, secrets/, system.json once it has started, and running.json while it runs. All of them lie under .game of
/// the project; the file .game/newest names the one that started last.
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

    /// <summary>What was settled when a system first started here; null where none has.</summary>
    public SettledSystem? Settled => File.Exists(SettledFile) ? JsonSerializer.Deserialize(File.ReadAllText(SettledFile), SystemFolderJson.Default.SettledSystem) : null;

    private string SettledFile => System.IO.Path.Combine(Path, "system.json");

    private string RunningFile => System.IO.Path.Combine(Path, "running.json");

    private static string NewestFile => System.IO.Path.Combine(Root, "newest");

    /// <summary>A new, empty folder, named for the verb and the time. Others stay as they are.</summary>
    public static SystemFolder Create(string verb, DateTimeOffset now)
    {
        string name = System.IO.Path.Combine(Root, $"{verb}-{now:yyyyMMdd-HHmmss}"), path = name;
        for (int again = 2; Directory.Exists(path); again++)
            path = $"{name}-{again}";
        return new SystemFolder(Directory.CreateDirectory(path).FullName);
    }

    /// <summary>The newest folder of a verb; null where there is none.</summary>
    public static SystemFolder? NewestOf(string verb)
        => OfVerb(verb).OrderBy(Directory.GetCreationTimeUtc).ThenBy(path => path, StringComparer.Ordinal).LastOrDefault() is { } path ? new SystemFolder(path) : null;

    /// <summary>An empty folder for work that leaves nothing behind; not the newest.</summary>
    public static SystemFolder Scratch(string verb)
    {
        string path = System.IO.Path.Combine(Root, verb);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        return new SystemFolder(Directory.CreateDirectory(path).FullName);
    }

    public void Remove() => Directory.Delete(Path, recursive: true);

    /// <summary>The folder whose system started last; null where there is none.</summary>
    public static SystemFolder? Newest()
    {
        if (!File.Exists(NewestFile))
            return null;
        string path = System.IO.Path.Combine(Root, File.ReadAllText(NewestFile).Trim());
        return Directory.Exists(path) ? new SystemFolder(path) : null;
    }

    /// <summary>The folder whose system runs, were it only half started; null where nothing runs.</summary>
    public static SystemFolder? Active()
        => !Directory.Exists(Root) ? null : Directory.GetDirectories(Root).Select(path => new SystemFolder(path)).FirstOrDefault(folder => folder.Running() is not null);

    /// <summary>Whether a verb made this folder.</summary>
    public bool IsOf(string verb) => System.IO.Path.GetFileName(Path).StartsWith(verb + "-", StringComparison.Ordinal);

    /// <summary>Makes this folder the newest: its system has started.</summary>
    public void Settle(SettledSystem settled)
    {
        File.WriteAllText(SettledFile, JsonSerializer.Serialize(settled, SystemFolderJson.Default.SettledSystem));
        File.WriteAllText(NewestFile, System.IO.Path.GetFileName(Path));
    }

    /// <summary>Deletes the other folders of this one's verb.</summary>
    public void RemoveOthers()
    {
        foreach (string old in OfVerb(System.IO.Path.GetFileName(Path).Split('-')[0]).Where(path => path != Path))
            Directory.Delete(old, recursive: true);
    }

    /// <summary>The system that runs in this folder; null where nothing does. A note of processes that are all gone is removed.</summary>
    public RunningSystem? Running()
    {
        if (!File.Exists(RunningFile))
            return null;
        RunningSystem? noted = JsonSerializer.Deserialize(File.ReadAllText(RunningFile), SystemFolderJson.Default.RunningSystem);
        if (noted is not null && noted.Processes.Any(process => process.IsAlive))
            return noted;
        ForgetRunning();
        return null;
    }

    public void NoteRunning(RunningSystem running)
    {
        // Under another name first: a reader sees the old note or the new one.
        File.WriteAllText(RunningFile + ".new", JsonSerializer.Serialize(running, SystemFolderJson.Default.RunningSystem));
        File.Move(RunningFile + ".new", RunningFile, overwrite: true);
    }

    public void ForgetRunning() => File.Delete(RunningFile);

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

    private static string[] OfVerb(string verb) => Directory.Exists(Root) ? Directory.GetDirectories(Root, verb + "-*") : [];

    private string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
}
