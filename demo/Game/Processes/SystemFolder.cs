using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Game.Cli.Processes;

/// <summary>Where a system's parts listen.</summary>
internal sealed record Endpoints(string BootstrapServers, string WebHdfs, IReadOnlyList<string> GameServers, IReadOnlyList<string> Detectors, string Sink,
    string? BrokerMetrics);

/// <summary>What runs in a folder, written while it runs.</summary>
internal sealed record RunningSystem(Endpoints Endpoints, IReadOnlyList<RunningProcess> Processes);

/// <summary>What of a system stays when it does not run.</summary>
/// <param name="Partitions">Partitions of player-events, which never change.</param>
/// <param name="BootstrapServers">The outside Kafka that has its records; null where its own broker has them.</param>
/// <param name="WebHdfs">The outside HDFS that has its rows; null where the folder has them.</param>
internal sealed record SettledSystem(int Partitions, string? BootstrapServers = null, string? WebHdfs = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RunningSystem))]
[JsonSerializable(typeof(SettledSystem))]
internal sealed partial class SystemFolderJson : JsonSerializerContext;

/// <summary>
/// The folder a system keeps its data in: broker/, hdfs/, logs/, secrets/, system.json once it has started, report.json once a demo is over, and running.json
/// while it runs.
/// All of them lie under .game of the project; the file .game/newest names the one that queries go to while nothing runs: of the demo that was over last, or
/// that was up last.
/// </summary>
internal sealed class SystemFolder
{
    /// <summary>Finished demos that stay, the one just over among them.</summary>
    public const int FinishedDemosKept = 3;

    /// <summary>The verbs that make folders.</summary>
    public const string Demo = "demo";
    public const string Up = "up";

    private SystemFolder(string path) => Path = path;

    /// <summary>The project's folder.</summary>
    public static string Home
        => Environment.GetEnvironmentVariable("GAME_HOME")
        ?? throw new UserErrorException("Call this program through ./game, which says where everything lies.");

    /// <summary>The folder of the published programs.</summary>
    public static string Programs
        => Environment.GetEnvironmentVariable("GAME_APPS") ?? throw new UserErrorException("Call this program through ./game, which publishes the programs.");

    public static string Root => System.IO.Path.Combine(Home, ".game");

    public string Path { get; }

    public string Broker => Sub("broker");

    public string Hdfs => Sub("hdfs");

    public string Cache => Sub("cache");

    public string Logs => Sub("logs");

    public string Secrets => Sub("secrets");

    /// <summary>The game world's service credential.</summary>
    public string CredentialFile => Secret("service-credential");

    /// <summary>The key of the demo's accounts.</summary>
    public string AccountsKeyFile => Secret("accounts-key");

    /// <summary>What was settled when a system first started here; null where none has.</summary>
    /// <exception cref="UserErrorException">The note of it is damaged.</exception>
    public SettledSystem? Settled => Read(SettledFile, SystemFolderJson.Default.SettledSystem, "./game up --fresh or ./game demo begins a new system");

    private string SettledFile => System.IO.Path.Combine(Path, "system.json");

    private string ReportFile => System.IO.Path.Combine(Path, "report.json");

    // What was up has no report, and what is there of it counts.
    private bool IsWhole => File.Exists(ReportFile) || (IsOf(Up) && HasStarted);

    private bool HasStarted => File.Exists(SettledFile);

    private string Name => System.IO.Path.GetFileName(Path);

    private string RunningFile => System.IO.Path.Combine(Path, "running.json");

    private static string NewestFile => System.IO.Path.Combine(Root, "newest");

    /// <summary>A new, empty folder, named for the verb and the time. Others stay as they are.</summary>
    public static SystemFolder Create(string verb, DateTimeOffset now)
    {
        string name = System.IO.Path.Combine(Root, $"{verb}-{now:yyyyMMdd-HHmmss}"), path = name;
        for (int again = 2; Directory.Exists(path); again++)
        {
            path = $"{name}-{again}";
        }
        return new SystemFolder(Directory.CreateDirectory(path).FullName);
    }

    /// <summary>The newest folder of a verb whose system has started; null where there is none.</summary>
    public static SystemFolder? NewestOf(string verb) => ByAge(OfVerb(verb).Where(folder => folder.HasStarted)).LastOrDefault();

    /// <summary>An empty folder for work that leaves nothing behind; not the newest.</summary>
    public static SystemFolder Scratch(string verb)
    {
        string path = System.IO.Path.Combine(Root, verb);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        return new SystemFolder(Directory.CreateDirectory(path).FullName);
    }

    public void Remove() => Directory.Delete(Path, recursive: true);

    /// <summary>
    /// The folder that queries go to while nothing runs; null where there is none. Where the note of it is missing or says nothing, it is the last one of what
    /// came to its end, else the last one that started.
    /// </summary>
    public static SystemFolder? Newest()
    {
        string name = File.Exists(NewestFile) ? File.ReadAllText(NewestFile).Trim() : "";
        return Started().FirstOrDefault(folder => folder.Name == name)
            ?? ByAge(Started()).OrderBy(folder => folder.IsWhole).LastOrDefault();
    }

    /// <summary>The folder whose system runs, were it only half started; null where nothing runs.</summary>
    public static SystemFolder? Active()
        => !Directory.Exists(Root) ? null
        : Directory.GetDirectories(Root).Select(path => new SystemFolder(path)).FirstOrDefault(folder => folder.Running() is not null);

    /// <summary>Whether a verb made this folder.</summary>
    public bool IsOf(string verb) => Name.StartsWith(verb + "-", StringComparison.Ordinal);

    /// <summary>Notes what stays: the system has started.</summary>
    public void Settle(SettledSystem settled) => Write(SettledFile, JsonSerializer.Serialize(settled, SystemFolderJson.Default.SettledSystem));

    /// <summary>Queries go to this folder while nothing runs.</summary>
    public void BecomeNewest() => Write(NewestFile, Name);

    /// <summary>A demo is over: its report lies here, and it is the newest.</summary>
    public void Finish(string report)
    {
        Write(ReportFile, report);
        BecomeNewest();
    }

    /// <summary>Deletes the other demos but for the newest finished ones, <see cref="FinishedDemosKept"/> with this one.</summary>
    /// <returns>The names of what was deleted.</returns>
    public IReadOnlyList<string> RemoveOldDemos()
    {
        IReadOnlyList<SystemFolder> others = Others;
        return Remove([.. others.Except(ByAge(others.Where(folder => folder.IsWhole)).TakeLast(FinishedDemosKept - 1))]);
    }

    /// <summary>Deletes the other folders of this one's verb that came to no end, but for the newest: what it holds may be all there is to look at.</summary>
    /// <returns>The names of what was deleted.</returns>
    public IReadOnlyList<string> RemoveUnfinished()
    {
        string? newest = Newest()?.Path;
        return Remove([.. Others.Where(folder => !folder.IsWhole && folder.Path != newest)]);
    }

    /// <summary>The system that runs in this folder; null where nothing does. A note of processes that are all gone is removed.</summary>
    /// <exception cref="UserErrorException">The note is damaged.</exception>
    public RunningSystem? Running()
    {
        if (Read(RunningFile, SystemFolderJson.Default.RunningSystem, "end what runs from there, if anything does, and delete the file") is not { } noted)
        {
            return null;
        }
        if (noted.Processes.Any(process => process.IsAlive))
        {
            return noted;
        }
        ForgetRunning();
        return null;
    }

    public void NoteRunning(RunningSystem running) => Write(RunningFile, JsonSerializer.Serialize(running, SystemFolderJson.Default.RunningSystem));

    public void ForgetRunning() => File.Delete(RunningFile);

    /// <summary>A file of the secrets folder, readable by its owner only, with fresh random text when it is not there.</summary>
    private string Secret(string name)
    {
        string path = System.IO.Path.Combine(Secrets, name);
        if (!File.Exists(path))
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using StreamWriter file = new(path, options);
            file.WriteLine(Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        }

        return path;
    }

    private SystemFolder[] Others => [.. OfVerb(Name.Split('-')[0]).Where(folder => folder.Path != Path)];

    private static IEnumerable<SystemFolder> Started()
        => !Directory.Exists(Root) ? [] : Directory.GetDirectories(Root).Select(path => new SystemFolder(path)).Where(folder => folder.HasStarted);

    private static IEnumerable<SystemFolder> ByAge(IEnumerable<SystemFolder> folders)
        => folders.OrderBy(folder => Directory.GetCreationTimeUtc(folder.Path)).ThenBy(folder => folder.Path, StringComparer.Ordinal);

    private static IReadOnlyList<string> Remove(IReadOnlyList<SystemFolder> folders)
    {
        foreach (SystemFolder folder in folders)
        {
            folder.Remove();
        }

        return [.. folders.Select(folder => folder.Name)];
    }

    // Under another name first: a reader sees the old note or the new one, and a full disk leaves the old.
    private static void Write(string file, string text)
    {
        string part = file + ".new";
        try
        {
            File.WriteAllText(part, text);
            File.Move(part, file, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(part);
            throw;
        }
    }

    /// <returns>Null where the file is not there.</returns>
    private static T? Read<T>(string file, JsonTypeInfo<T> type, string remedy)
        where T : class
    {
        if (!File.Exists(file))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(file), type) ?? throw new JsonException("It says null.");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"The file {file} is damaged: {remedy}.", e);
        }
    }

    private static IEnumerable<SystemFolder> OfVerb(string verb)
        => Directory.Exists(Root) ? Directory.GetDirectories(Root, verb + "-*").Select(path => new SystemFolder(path)) : [];

    private string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
}
