using Broker.Protocol;
using Broker.Server.Config;
using Broker.Server.Metadata.Znodes;

namespace Broker.Server.Metadata;

/// <summary>What is to be done with one setting, under Kafka's codes.</summary>
internal enum AlterOperation : sbyte
{
    Set = 0,
    Delete = 1,
    Append = 2,
    Subtract = 3,
}

/// <summary>One change of one setting.</summary>
internal readonly record struct ConfigChange(string Name, string? Value, AlterOperation Operation);

/// <summary>What became of an alteration.</summary>
internal readonly record struct AlterationResult(ErrorCode Error, string? Message)
{
    internal static readonly AlterationResult Done = new(ErrorCode.None, null);
}

/// <summary>Changes the dynamic configuration of topics and brokers: checks it as Kafka does, writes it, notifies all brokers. From any thread.</summary>
internal sealed class ConfigAlteration(ZnodeClient znodes, MetadataCache metadata, DynamicBrokerConfigs brokers, int brokerId)
{
    internal const sbyte TopicResource = 2;
    internal const sbyte BrokerResource = 4;

    /// <summary>Replaces the whole dynamic configuration of an entity.</summary>
    internal Task<AlterationResult> Replace(
        sbyte type, string name, IReadOnlyList<ConfigChange> values, bool validateOnly, RequestTime time) => Guarded(time, async () =>
    {
        if (CheckResource(type, name, values, isIncremental: false) is { } problem)
        {
            return problem;
        }
        return await Write(type, name, values.ToDictionary(change => change.Name, change => change.Value!, StringComparer.Ordinal), validateOnly);
    });

    /// <summary>Changes some settings of an entity and leaves the others.</summary>
    internal Task<AlterationResult> Change(
        sbyte type, string name, IReadOnlyList<ConfigChange> changes, bool validateOnly, RequestTime time) => Guarded(time, async () =>
    {
        if (CheckResource(type, name, changes, isIncremental: true) is { } problem)
        {
            return problem;
        }
        Dictionary<string, string> values = new(await znodes.Config(EntityPath(type, name)), StringComparer.Ordinal);
        IReadOnlyDictionary<string, ConfigDefinition> definitions = type == TopicResource ? ConfigDefinitions.Topic : ConfigDefinitions.Broker;
        foreach (ConfigChange change in changes)
        {
            if (Apply(change, values, definitions) is { } refused)
            {
                return refused;
            }
        }

        return await Write(type, name, values, validateOnly);
    });

    /// <summary>An alteration that was made without an answer is made again, which changes nothing more.</summary>
    private static Task<AlterationResult> Guarded(RequestTime time, Func<Task<AlterationResult>> alter) =>
        time.Persist(alter, (error, message) => new AlterationResult(error, message));

    private static AlterationResult Invalid(string message) => new(ErrorCode.InvalidRequest, message);

    private static string EntityPath(sbyte type, string name)
        => type == TopicResource ? $"topics/{name}" : $"brokers/{(name.Length == 0 ? ZnodePaths.DefaultEntity : name)}";

    private AlterationResult? CheckResource(sbyte type, string name, IReadOnlyList<ConfigChange> changes, bool isIncremental)
    {
        if (changes.DistinctBy(change => change.Name).Count() != changes.Count)
        {
            return Invalid("Error due to duplicate config keys");
        }
        List<string> nulls = changes.Where(change => change.Value is null && change.Operation != AlterOperation.Delete).Select(change => change.Name).ToList();
        if (nulls.Count > 0)
        {
            return Invalid($"Null value not supported for : {string.Join(isIncremental ? "," : ", ", nulls)}");
        }
        return type switch
        {
            TopicResource when name.Length == 0 => Invalid("Default topic resources are not allowed."),
            TopicResource when metadata.Current.Topic(name) is null
                => new AlterationResult(ErrorCode.UnknownTopicOrPartition, $"The topic '{name}' does not exist."),
            TopicResource => null,
            BrokerResource when name.Length == 0 => null,
            BrokerResource when !int.TryParse(name, out _) => Invalid($"Node id must be an integer, but it is: {name}"),
            BrokerResource when int.Parse(name) != brokerId => Invalid($"Unexpected broker id, expected {brokerId}, but received {name}"),
            BrokerResource => null,
            _ => Invalid($"Unknown resource type {type}"),
        };
    }

    private static AlterationResult? Apply(ConfigChange change, Dictionary<string, string> values, IReadOnlyDictionary<string, ConfigDefinition> definitions)
    {
        switch (change.Operation)
        {
            case AlterOperation.Set:
                values[change.Name] = change.Value!;
                return null;
            case AlterOperation.Delete:
                values.Remove(change.Name);
                return null;
            case AlterOperation.Append or AlterOperation.Subtract:
                return ApplyToList(change, values, definitions);
            default:
                return new AlterationResult(ErrorCode.UnknownServerError, null); // as Kafka answers it, by an internal error of its own
        }
    }

    private static AlterationResult? ApplyToList(ConfigChange change, Dictionary<string, string> values,
        IReadOnlyDictionary<string, ConfigDefinition> definitions)
    {
        bool isAppend = change.Operation == AlterOperation.Append;
        if (!definitions.TryGetValue(change.Name, out ConfigDefinition? definition))
        {
            return new AlterationResult(ErrorCode.InvalidConfig, $"Unknown config name: {change.Name}");
        }
        if (definition.Type != ConfigType.List)
        {
            return new AlterationResult(ErrorCode.InvalidConfig,
                $"Config value {(isAppend ? "append" : "subtract")} is not allowed for config key: {change.Name}");
        }
        string before = values.GetValueOrDefault(change.Name) ?? definition.Default ?? "";
        string[] present = before.Length == 0 ? [] : before.Split(',');
        string[] given = change.Value!.Split(',');
        values[change.Name] = string.Join(',',
            isAppend ? present.Concat(given.Where(item => !present.Contains(item))) : present.Where(item => !given.Contains(item)));
        return null;
    }

    private async Task<AlterationResult> Write(sbyte type, string name, Dictionary<string, string> values, bool validateOnly)
    {
        BrokerConfigLayers layers = await brokers.Read();
        AlterationResult? problem = type == TopicResource ? CheckTopic(name, values, layers.Effective) : CheckBroker(name, values, layers);
        if (problem is not null || validateOnly)
        {
            return problem ?? AlterationResult.Done;
        }
        return await znodes.SetConfig(EntityPath(type, name), values)
            ? AlterationResult.Done
            : new AlterationResult(ErrorCode.StaleControllerEpoch, "There is no controller that the change could be made under.");
    }

    /// <summary>
    /// INVALID_CONFIG for an unknown name, a conflict or a wrong value; before the message for a wrong value stands the resource, as in Kafka.
    /// </summary>
    private static AlterationResult? CheckTopic(string name, Dictionary<string, string> values, BrokerConfig broker)
    {
        if (TopicSettings.Violation(values, broker) is not { } violation)
        {
            return null;
        }
        string resource = violation.IsOfValue ? $"Invalid config value for resource ConfigResource(type=TOPIC, name='{name}'): " : "";
        return new AlterationResult(ErrorCode.InvalidConfig, resource + violation.Sentence);
    }

    private AlterationResult? CheckBroker(string name, Dictionary<string, string> values, BrokerConfigLayers layers)
    {
        List<string> fixedNames = values.Keys.Where(key => ConfigDefinitions.Broker.GetValueOrDefault(key)?.Update == ConfigUpdate.ReadOnly).ToList();
        if (fixedNames.Count > 0)
        {
            return Invalid($"Cannot update these configs dynamically: Set({string.Join(", ", fixedNames)})");
        }
        List<string> ownOnly = values.Keys.Where(key => name.Length == 0
            && ConfigDefinitions.Broker.GetValueOrDefault(key)?.Update == ConfigUpdate.PerBroker).ToList();
        if (ownOnly.Count > 0)
        {
            return Invalid($"Cannot update these configs at default cluster level, broker id must be specified: Set({string.Join(", ", ownOnly)})");
        }
        foreach ((string key, string value) in values)
        {
            if (ConfigDefinitions.Broker.TryGetValue(key, out ConfigDefinition? definition) && !definition.TryParse(value, out _, out string error))
            {
                return Invalid(error);
            }
        }

        try
        {
            brokers.With(name.Length == 0 ? values : layers.Default, name.Length == 0 ? layers.OfBroker : values);
            return null;
        }
        catch (ConfigException problem)
        {
            return Invalid(problem.Message);
        }
    }
}
