using System.Globalization;

namespace Broker.Server.Config;

/// <summary>Short forms in which the tables of settings are written.</summary>
internal static class DefinitionTable
{
    public static ConfigDefinition Bool(string name, bool value, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Boolean, value ? "true" : "false", Rule: null, update, documentation);

    public static ConfigDefinition Int(string name, int? value, ConfigRule? rule, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Int, value?.ToString(CultureInfo.InvariantCulture), rule, update, documentation);

    public static ConfigDefinition Short(string name, short value, ConfigRule? rule, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Short, value.ToString(CultureInfo.InvariantCulture), rule, update, documentation);

    public static ConfigDefinition Long(string name, long? value, ConfigRule? rule, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Long, value?.ToString(CultureInfo.InvariantCulture), rule, update, documentation);

    public static ConfigDefinition Double(string name, string value, ConfigRule? rule, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Double, value, rule, update, documentation);

    public static ConfigDefinition Text(string name, string? value, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.String, value, Rule: null, update, documentation);

    public static ConfigDefinition Choice(string name, string value, ConfigUpdate update, string documentation, params string[] names) =>
        new(name, ConfigType.String, value, ConfigRule.OneOf(names), update, documentation);

    /// <summary>A release of Kafka's, as its inter-broker protocol and its message format are named.</summary>
    public static ConfigDefinition Release(string name, string value, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.String, value, ConfigRule.Release, update, documentation);

    public static ConfigDefinition List(string name, string value, ConfigRule? rule, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.List, value, rule, update, documentation);

    public static ConfigDefinition Class(string name, string? value, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Class, value, Rule: null, update, documentation);

    public static ConfigDefinition Secret(string name, ConfigUpdate update, string documentation) =>
        new(name, ConfigType.Password, Default: null, Rule: null, update, documentation);

    /// <summary>A setting that is not described, as in Kafka.</summary>
    public static ConfigDefinition Internal(this ConfigDefinition definition) => definition with { IsInternal = true };

    /// <summary>A setting that Kafka knows only as a dynamic one.</summary>
    public static ConfigDefinition DynamicOnly(this ConfigDefinition definition) => definition with { IsDynamicOnly = true };

    /// <summary>The broker keys, in order, that give a setting its value when it has none itself.</summary>
    public static ConfigDefinition Else(this ConfigDefinition definition, params ConfigSynonym[] synonyms) => definition with { Synonyms = synonyms };

    /// <summary>The same where the units agree.</summary>
    public static ConfigDefinition Else(this ConfigDefinition definition, string synonym) => definition with { Synonyms = [new ConfigSynonym(synonym)] };
}
