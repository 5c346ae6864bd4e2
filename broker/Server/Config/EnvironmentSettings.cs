namespace Broker.Server.Config;

/// <summary>
/// Settings from environment variables, named as Apache's container image names them: <c>KAFKA_</c> and the key in capitals, a dot as <c>_</c>, an underscore
/// as <c>___</c>, a dash as <c>__</c>.
/// </summary>
internal static class EnvironmentSettings
{
    private const string Prefix = "KAFKA_";

    /// <summary>Variables of this prefix that Kafka's start scripts read: they are about Java, not about the broker.</summary>
    private static readonly string[] OfStartScripts =
    [
        "KAFKA_HEAP_OPTS", "KAFKA_OPTS", "KAFKA_JVM_PERFORMANCE_OPTS", "KAFKA_LOG4J_OPTS", "KAFKA_GC_LOG_OPTS", "KAFKA_JMX_OPTS", "KAFKA_JMX_PORT",
        "KAFKA_JMX_HOSTNAME", "KAFKA_DEBUG", "KAFKA_DEBUG_SUSPEND_FLAG", "KAFKA_HOME", "KAFKA_VERSION", "KAFKA_MODE", "KAFKA_LOG_LEVEL",
    ];

    /// <summary>The settings among <paramref name="variables"/>, in the order of their keys.</summary>
    public static List<KeyValuePair<string, string>> Read(IEnumerable<KeyValuePair<string, string>> variables)
    {
        List<KeyValuePair<string, string>> settings = new();
        foreach ((string name, string value) in variables)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal) && !OfStartScripts.Contains(name, StringComparer.Ordinal))
            {
                settings.Add(new(KeyOf(name), value));
            }
        }

        settings.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return settings;
    }

    /// <summary><c>KAFKA_LOG_RETENTION_MS</c> is <c>log.retention.ms</c>.</summary>
    private static string KeyOf(string variable) =>
        variable[Prefix.Length..].ToLowerInvariant().Replace("___", "\0").Replace("__", "-").Replace('_', '.').Replace('\0', '_');
}
