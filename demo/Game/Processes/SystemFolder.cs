using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Game.Cli.Processes;

/// <summary>The addresses of a system's parts.</summary>
/// <param name="MetricsOfBrokers">HOST:PORT of each broker that the system started; null where the brokers are outside ones.</param>
internal sealed record Endpoints(string BootstrapServers, string WebHdfs, IReadOnlyList<string> GameServers, IReadOnlyList<string> Detectors, string Sink,
    IReadOnlyList<string>? MetricsOfBrokers);

/// <summary>The running processes of a system and their addresses; the file running.json while the system runs.</summary>
internal sealed record RunningSystem(Endpoints Endpoints, IReadOnlyList<RunningProcess> Processes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RunningSystem))]
[JsonSerializable(typeof(SystemOptions))]
internal sealed partial class SystemFolderJson : JsonSerializerContext;

/// <summary>
/// The folder in which a system keeps its data: broker/ (of a cluster zookeeper/, broker-1/ and so on), hdfs/, logs/, secrets/, system.json once it has
/// started, report.json once a demo has finished, and running.json while it runs. All these folders are in .game of the project. The file .game/newest names
/// the folder that queries read while no system runs: the one of the demo that finished last or of the system that was up last.
/// </summary>
internal sealed class SystemFolder
{
    /// <summary>How many finished demos keep their folders, with the one that has just finished.</summary>
    public const int FinishedDemosKept = 3;

    /// <summary>The verbs that make folders.</summary>
    public const string Demo = "demo";
    public const string Up = "up";

    private SystemFolder(string path) => Path = path;

    /// <summary>The project's folder.</summary>
    public static string Home
        => Environment.GetEnvironmentVariable("GAME_HOME")
        ?? throw new UserErrorException("Call this program through ./game, which names the project's folder.");

    /// <summary>The folder of the published programs.</summary>
    public static string Programs
        => Environment.GetEnvironmentVariable("GAME_APPS") ?? throw new UserErrorException("Call this program through ./game, which publishes the programs.");

    public static string Root => System.IO.Path.Combine(Home, ".game");

    public string Path { get; }

    public string Hdfs => Sub("hdfs");

    public string Cache => Sub("cache");

    public string Logs => Sub("logs");

    public string Secrets => Sub("secrets");

    /// <summary>The data folder of a process.</summary>
    public string DataOf(string process) => Sub(process);

    /// <summary>The game world's service credential.</summary>
    public string CredentialFile => Secret("service-credential");

    /// <summary>The key of the demo's accounts.</summary>
    public string AccountsKeyFile => Secret("accounts-key");

    /// <summary>The options of the system that started in this folder; null where none has started.</summary>
    /// <exception cref="UserErrorException">The file system.json is damaged.</exception>
    public SystemOptions? SavedOptions => Read(OptionsFile, SystemFolderJson.Default.SystemOptions, "./game up --fresh or ./game demo begins a new system");

    private string OptionsFile => System.IO.Path.Combine(Path, "system.json");

    private string ReportFile => System.IO.Path.Combine(Path, "report.json");

    // A system that was up has no report: it is complete once it has started.
    private bool IsComplete => File.Exists(ReportFile) || (IsOf(Up) && HasStarted);

    private bool HasStarted => File.Exists(OptionsFile);

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

    /// <summary>An empty folder for work whose data is not needed afterwards; queries never read it.</summary>
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
    /// The folder that queries read while no system runs; null where there is none. Where the file newest is missing or names no folder, it is the newest
    /// complete one, else the newest that has started.
    /// </summary>
    public static SystemFolder? Newest()
    {
        string name = File.Exists(NewestFile) ? File.ReadAllText(NewestFile).Trim() : "";
        return Started().FirstOrDefault(folder => folder.Name == name)
            ?? ByAge(Started()).OrderBy(folder => folder.IsComplete).LastOrDefault();
    }

    /// <summary>The folder whose system runs, also while it is still starting; null where nothing runs.</summary>
    public static SystemFolder? Active()
        => !Directory.Exists(Root) ? null
        : Directory.GetDirectories(Root).Select(path => new SystemFolder(path)).FirstOrDefault(folder => folder.Running() is not null);

    /// <summary>Whether a verb made this folder.</summary>
    public bool IsOf(string verb) => Name.StartsWith(verb + "-", StringComparison.Ordinal);

    /// <summary>Writes system.json: the system has started.</summary>
    public void SaveOptions(SystemOptions options) => Write(OptionsFile, JsonSerializer.Serialize(options, SystemFolderJson.Default.SystemOptions));

    /// <summary>Makes this the folder that queries read while no system runs.</summary>
    public void BecomeNewest() => Write(NewestFile, Name);

    /// <summary>Writes the report of a finished demo and makes this folder the newest.</summary>
    public void Finish(string report)
    {
        Write(ReportFile, report);
        BecomeNewest();
    }

    /// <summary>Deletes the folders of other demos, except the newest finished ones: <see cref="FinishedDemosKept"/> stay, this one included.</summary>
    /// <returns>The names of the deleted folders.</returns>
    public IReadOnlyList<string> RemoveOldDemos()
    {
        IReadOnlyList<SystemFolder> others = Others;
        return Remove([.. others.Except(ByAge(others.Where(folder => folder.IsComplete)).TakeLast(FinishedDemosKept - 1))]);
    }

    /// <summary>Deletes the other incomplete folders of the same verb, except the newest folder: there may be no other data to query.</summary>
    /// <returns>The names of the deleted folders.</returns>
    public IReadOnlyList<string> RemoveUnfinished()
    {
        string? newest = Newest()?.Path;
        return Remove([.. Others.Where(folder => !folder.IsComplete && folder.Path != newest)]);
    }

    /// <summary>The system that runs in this folder; null where none does. Deletes running.json when all its processes have ended.</summary>
    /// <exception cref="UserErrorException">The file running.json is damaged.</exception>
    public RunningSystem? Running()
    {
        const string Remedy = "end the processes that it names, if they still run, and delete the file";
        if (Read(RunningFile, SystemFolderJson.Default.RunningSystem, Remedy) is not { } saved)
        {
            return null;
        }
        if (saved.Processes.Any(process => process.IsAlive))
        {
            return saved;
        }
        ForgetRunning();
        return null;
    }

    public void SaveRunning(RunningSystem running) => Write(RunningFile, JsonSerializer.Serialize(running, SystemFolderJson.Default.RunningSystem));

    public void ForgetRunning() => File.Delete(RunningFile);

    /// <summary>A file of the secrets folder that only its owner can read. A missing one is created with a random secret.</summary>
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

    // Writes under another name and renames: a reader sees the old file or the new one, and a full disk leaves the old one.
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
