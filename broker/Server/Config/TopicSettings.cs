using System.Globalization;

namespace Broker.Server.Config;

/// <summary>A topic's effective settings: its own over the broker's.</summary>
internal static class TopicSettings
{
    /// <summary>The text that holds for a topic that sets nothing itself: the first broker key that was given, else the default.</summary>
    public static string? DefaultText(ConfigDefinition definition, BrokerConfig broker)
    {
        foreach (ConfigSynonym synonym in definition.Synonyms)
        {
            if (broker.Given(synonym.Name) is { } text) return Scale(text, synonym.Factor);
        }

        return definition.Default;
    }

    /// <summary>The typed value that holds for a topic.</summary>
    /// <param name="key">A key of <see cref="ConfigDefinitions.Topic"/>.</param>
    /// <param name="overrides">What the topic sets itself; a value that no longer parses is passed over, as it was checked when it was set.</param>
    /// <param name="broker">The broker's configuration.</param>
    public static object Value(string key, IReadOnlyDictionary<string, string> overrides, BrokerConfig broker)
    {
        ConfigDefinition definition = ConfigDefinitions.Topic[key];
        if (overrides.TryGetValue(key, out string? own) && definition.TryParse(own, out object? value, out _)) return value!;
        if (definition.TryParse(DefaultText(definition, broker), out object? inherited, out string error)) return inherited!;
        throw new ConfigException(error + ".");
    }

    /// <summary>Checks what a client wants to set on a topic.</summary>
    /// <returns>Kafka's sentence about the first thing wrong; null when all is well.</returns>
    public static string? Violation(IReadOnlyDictionary<string, string> overrides)
    {
        foreach ((string key, string text) in overrides)
        {
            if (!ConfigDefinitions.Topic.TryGetValue(key, out ConfigDefinition? definition)) return $"Unknown topic config name: {key}";
            if (!definition.TryParse(text, out _, out string error)) return error;
        }

        return null;
    }

    /// <summary>Hours and minutes as milliseconds; what is negative means for ever in every unit.</summary>
    private static string Scale(string text, long factor)
    {
        if (factor == 1 || ConfigText.Long(text) is not long number) return text;
        return (number < 0 ? -1 : number * factor).ToString(CultureInfo.InvariantCulture);
    }
}
