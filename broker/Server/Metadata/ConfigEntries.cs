using System.Globalization;
using Broker.Server.Config;

namespace Broker.Server.Metadata;

/// <summary>Where a setting's value comes from, under Kafka's codes.</summary>
internal enum ConfigSource : sbyte
{
    Unknown = 0,
    Topic = 1,
    DynamicBroker = 2,
    DynamicDefaultBroker = 3,
    StaticBroker = 4,
    Default = 5,
}

/// <summary>One source of a setting's value; the source with the highest precedence comes first.</summary>
internal readonly record struct ConfigSynonymValue(string Name, string? Value, ConfigSource Source);

/// <summary>One setting as DescribeConfigs answers it.</summary>
internal sealed record ConfigEntry(
    string Name, string? Value, ConfigSource Source, bool IsReadOnly, bool IsSensitive, IReadOnlyList<ConfigSynonymValue> Synonyms, ConfigType Type,
    string Documentation);

/// <summary>The settings in effect and their sources, in the form of DescribeConfigs.</summary>
internal static class ConfigEntries
{
    private static readonly string[] RollTime = ["log.roll.ms", "log.roll.hours"];
    private static readonly string[] RollJitter = ["log.roll.jitter.ms", "log.roll.jitter.hours"];
    private static readonly string[] Retention = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];
    private static readonly string[] FlushInterval = ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"];

    /// <summary>All settings of a topic.</summary>
    internal static IEnumerable<ConfigEntry> OfTopic(IReadOnlyDictionary<string, string> overrides, BrokerConfigLayers layers) =>
        ConfigDefinitions.Topic.Values.Select(definition => OfTopic(definition, overrides, layers));

    /// <summary>All settings of a broker but the dynamic ones that are not set, and the given values whose names are unknown.</summary>
    internal static IEnumerable<ConfigEntry> OfBroker(BrokerConfigLayers layers)
    {
        foreach (ConfigDefinition definition in ConfigDefinitions.Broker.Values.Where(definition => IsDescribed(definition, layers)))
        {
            yield return OfBroker(definition, Text(definition, layers.Effective.Value(definition.Name), layers.Effective.Given(definition.Name)), layers,
                isOneBroker: true);
        }
        foreach ((string name, string value) in layers.Effective.AllGiven)
        {
            if (!ConfigDefinitions.Broker.ContainsKey(name))
            {
                yield return OfBroker(Unknown(name), value, layers, isOneBroker: true);
            }
        }
    }

    /// <summary>The cluster's dynamic defaults.</summary>
    internal static IEnumerable<ConfigEntry> OfAllBrokers(BrokerConfigLayers layers) => layers.Default.Select(entry =>
        OfBroker(ConfigDefinitions.Broker.GetValueOrDefault(entry.Key) ?? Unknown(entry.Key), entry.Value, layers, isOneBroker: false));

    private static bool IsDescribed(ConfigDefinition definition, BrokerConfigLayers layers) =>
        !definition.IsInternal && (!definition.IsDynamicOnly || layers.Effective.Given(definition.Name) is not null);

    private static ConfigDefinition Unknown(string name) => new(name, ConfigType.Password, null, null, ConfigUpdate.ReadOnly, "");

    private static ConfigEntry OfTopic(ConfigDefinition definition, IReadOnlyDictionary<string, string> overrides, BrokerConfigLayers layers)
    {
        string? value = Text(definition, TopicSettings.Value(definition.Name, overrides, layers.Effective), null);
        List<ConfigSynonymValue> synonyms = definition.Synonyms.Count == 0 ? [] : SynonymsOf(definition.Synonyms[0].Name, definition.Sensitive, layers);
        if (overrides.ContainsKey(definition.Name))
        {
            synonyms.Insert(0, new ConfigSynonymValue(definition.Name, value, ConfigSource.Topic));
        }
        return new ConfigEntry(definition.Name, value, SourceOf(synonyms), IsReadOnly: false, definition.Sensitive, synonyms, definition.Type,
            definition.Documentation);
    }

    private static ConfigEntry OfBroker(ConfigDefinition definition, string? value, BrokerConfigLayers layers, bool isOneBroker)
    {
        List<ConfigSynonymValue> synonyms = SynonymsOf(definition.Name, definition.Sensitive, layers);
        if (!isOneBroker)
        {
            synonyms.RemoveAll(synonym => synonym.Source != ConfigSource.DynamicDefaultBroker);
        }
        return new ConfigEntry(
            definition.Name, definition.Sensitive ? null : value, SourceOf(synonyms),
            definition.Update == ConfigUpdate.ReadOnly || definition.IsDynamicOnly, definition.Sensitive,
            synonyms, ConfigDefinitions.Broker.ContainsKey(definition.Name) ? definition.Type : ConfigType.Unknown, definition.Documentation);
    }

    private static ConfigSource SourceOf(List<ConfigSynonymValue> synonyms) => synonyms.Count == 0 ? ConfigSource.Default : synonyms[0].Source;

    /// <summary>
    /// The sources layer by layer, and in each layer the synonyms of the name; as in Kafka, synonyms of higher precedence than the name itself are left out.
    /// </summary>
    private static List<ConfigSynonymValue> SynonymsOf(string name, bool isSensitive, BrokerConfigLayers layers)
    {
        string[] names = GroupOf(name);
        List<ConfigSynonymValue> all = new();
        Add(names, layers.OfBroker, ConfigSource.DynamicBroker, isSensitive, all);
        Add(names, layers.Default, ConfigSource.DynamicDefaultBroker, isSensitive, all);
        Add(names, layers.Static.AllGiven, ConfigSource.StaticBroker, isSensitive, all);
        foreach (string other in names)
        {
            if (ConfigDefinitions.Broker.GetValueOrDefault(other) is { IsDynamicOnly: false, Default: { } text })
            {
                all.Add(new ConfigSynonymValue(other, isSensitive ? null : text, ConfigSource.Default));
            }
        }

        return [.. all.SkipWhile(synonym => synonym.Name != name)];
    }

    private static void Add(string[] names, IReadOnlyDictionary<string, string> layer, ConfigSource source, bool isSensitive, List<ConfigSynonymValue> all)
    {
        foreach (string name in names)
        {
            if (layer.TryGetValue(name, out string? value))
            {
                all.Add(new ConfigSynonymValue(name, isSensitive ? null : value, source));
            }
        }
    }

    private static string[] GroupOf(string name) =>
        RollTime.Contains(name) ? RollTime
        : RollJitter.Contains(name) ? RollJitter
        : Retention.Contains(name) ? Retention
        : name == FlushInterval[0] ? FlushInterval
        : [name];

    /// <summary>A value as Kafka writes it; a floating-point number keeps the text it was written with, as Java's form differs.</summary>
    private static string? Text(ConfigDefinition definition, object? value, string? given) => value switch
    {
        null => null,
        bool flag => flag ? "true" : "false",
        string[] list => string.Join(',', list),
        double => given ?? definition.Default,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
