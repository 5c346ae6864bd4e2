using System.Globalization;

namespace Broker.Server.Config;

/// <summary>A topic's effective settings: its own over the broker's.</summary>
internal static class TopicSettings
{
    /// <summary>The text of the value for a topic without a setting of its own: the first broker key that was given, else the default.</summary>
    public static string? DefaultText(ConfigDefinition definition, BrokerConfig broker) => Source(definition, broker).Text;

    /// <summary>The typed value for a topic without a setting of its own.</summary>
    /// <exception cref="ConfigException">The broker's key has a value that topics cannot have; never once the configuration is made.</exception>
    public static object Inherited(string key, BrokerConfig broker)
    {
        ConfigDefinition definition = ConfigDefinitions.Topic[key];
        (string name, string? text) = Source(definition, broker);
        return (definition with { Name = name }).TryParse(text, out object? value, out string error) ? value! : throw new ConfigException(error + ".");
    }

    /// <summary>The typed value in effect for a topic.</summary>
    /// <param name="key">A key of <see cref="ConfigDefinitions.Topic"/>.</param>
    /// <param name="overrides">The topic's own settings; a value that no longer parses is ignored, as it was checked when it was set.</param>
    /// <param name="broker">The broker's configuration.</param>
    public static object Value(string key, IReadOnlyDictionary<string, string> overrides, BrokerConfig broker) =>
        overrides.TryGetValue(key, out string? own) && ConfigDefinitions.Topic[key].TryParse(own, out object? value, out _) ? value! : Inherited(key, broker);

    /// <summary>Checks what a client wants to set on a topic.</summary>
    /// <returns>The first violation; null where there is none.</returns>
    public static TopicViolation? Violation(IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        foreach ((string key, string text) in overrides)
        {
            if (!ConfigDefinitions.Topic.TryGetValue(key, out ConfigDefinition? definition))
            {
                return new TopicViolation($"Unknown topic config name: {key}", IsOfValue: false);
            }
            if (!definition.TryParse(text, out _, out string error))
            {
                return new TopicViolation(error, IsOfValue: true);
            }
        }

        if (Value("remote.storage.enable", overrides, broker) is true)
        {
            return new TopicViolation("Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
                IsOfValue: true);
        }
        if (Value("remote.log.delete.on.disable", overrides, broker) is true || Value("remote.log.copy.disable", overrides, broker) is true)
        {
            return new TopicViolation("It is invalid to set `remote.log.delete.on.disable` or `remote.log.copy.disable` under Zookeeper's mode.",
                IsOfValue: false);
        }
        long shortest = (long)Value("min.compaction.lag.ms", overrides, broker);
        long longest = (long)Value("max.compaction.lag.ms", overrides, broker);
        return shortest > longest
            ? new TopicViolation($"conflict topic config setting min.compaction.lag.ms ({shortest}) > max.compaction.lag.ms ({longest})", IsOfValue: false)
            : null;
    }

    private static (string Name, string? Text) Source(ConfigDefinition definition, BrokerConfig broker)
    {
        foreach (ConfigSynonym synonym in definition.Synonyms)
        {
            if (broker.Given(synonym.Name) is { } text)
            {
                return (synonym.Name, InUnit(text, synonym));
            }
        }

        return (definition.Name, definition.Default);
    }

    private static string InUnit(string text, ConfigSynonym synonym)
    {
        if (ConfigText.Long(text.Trim()) is not long number)
        {
            return text;
        }
        long scaled = number < 0 && synonym.NegativeIsUnlimited ? -1 : number * synonym.Factor;
        return scaled == number ? text : scaled.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>What is wrong with the settings that a client wants for a topic.</summary>
/// <param name="Sentence">In Kafka's words.</param>
/// <param name="IsOfValue">Whether it is about one setting's value, before which Kafka names the topic.</param>
internal readonly record struct TopicViolation(string Sentence, bool IsOfValue);
