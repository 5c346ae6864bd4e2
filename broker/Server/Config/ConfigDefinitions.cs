namespace Broker.Server.Config;

/// <summary>Every setting that this broker knows, by Kafka's names: of a broker, and of a topic. Never changed once made.</summary>
internal static class ConfigDefinitions
{
    /// <summary>The broker's settings by name.</summary>
    public static readonly IReadOnlyDictionary<string, ConfigDefinition> Broker =
        NetworkDefinitions.All.Concat(LogDefinitions.All).Concat(ClusterDefinitions.All).ToDictionary(d => d.Name, StringComparer.Ordinal);

    /// <summary>The topic settings by name.</summary>
    public static readonly IReadOnlyDictionary<string, ConfigDefinition> Topic = TopicDefinitions.All.ToDictionary(d => d.Name, StringComparer.Ordinal);
}
