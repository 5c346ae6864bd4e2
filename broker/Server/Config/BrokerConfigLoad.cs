namespace Broker.Server.Config;

/// <summary>A configuration and the warnings about it that are logged at the start.</summary>
/// <param name="Config">What holds.</param>
/// <param name="Warnings">One sentence for each unknown key.</param>
/// <param name="OwnDefaults">The keys, with their values, in which a start without a file departs from Kafka's defaults; empty with a file.</param>
internal sealed record LoadedConfig(BrokerConfig Config, IReadOnlyList<string> Warnings, IReadOnlyList<KeyValuePair<string, string>> OwnDefaults);

/// <summary>Puts a configuration together: defaults, below the file, below the environment, below <c>--override</c> and <c>--data</c>.</summary>
internal static class BrokerConfigLoad
{
    private const string DefaultFolder = "broker-data";

    /// <param name="line">The command line.</param>
    /// <param name="environment">The process's environment variables.</param>
    /// <exception cref="ConfigException">The file cannot be read, or a value is malformed or not supported.</exception>
    public static LoadedConfig Load(BrokerCommandLine line, IEnumerable<KeyValuePair<string, string>> environment)
    {
        Dictionary<string, string> given = new(StringComparer.Ordinal);
        Add(given, line.File is null ? [] : PropertiesFile.Parse(TextOf(line.File)));
        Add(given, EnvironmentSettings.Read(environment));
        Add(given, line.Overrides);
        if (line.DataFolder is not null)
        {
            given["log.dirs"] = Path.GetFullPath(line.DataFolder);
        }
        List<KeyValuePair<string, string>> ownDefaults = line.File is null ? OwnDefaults(given) : [];
        Add(given, ownDefaults);
        return new LoadedConfig(new BrokerConfig(given), UnknownKeys(given.Keys), ownDefaults);
    }

    /// <summary>What a start without a file sets, so that one broker on a developer's machine works at once and is reached from there only.</summary>
    private static List<KeyValuePair<string, string>> OwnDefaults(Dictionary<string, string> given)
    {
        List<KeyValuePair<string, string>> all =
        [
            new("broker.id", "0"),
            new("listeners", "PLAINTEXT://127.0.0.1:9092"),
            new("log.dirs", Path.GetFullPath(DefaultFolder)),
            new("offsets.topic.replication.factor", "1"),
            new("transaction.state.log.replication.factor", "1"),
            new("transaction.state.log.min.isr", "1"),
            new(BrokerConfig.MetricsListenerKey, "127.0.0.1:0"),
        ];
        all.RemoveAll(pair => given.ContainsKey(pair.Key) || (pair.Key == "log.dirs" && given.ContainsKey("log.dir")));
        return all;
    }

    private static List<string> UnknownKeys(IEnumerable<string> keys) =>
        [.. keys.Where(key => !ConfigDefinitions.Broker.ContainsKey(key)).Order(StringComparer.Ordinal)
        .Select(key => $"{key} is not a setting that this broker knows; it has no effect.")];

    private static void Add(Dictionary<string, string> given, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        foreach ((string key, string value) in pairs)
        {
            given[key] = value;
        }
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"The properties file {file} cannot be read: {e.Message}", e);
        }
    }
}
