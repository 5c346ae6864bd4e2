namespace Broker.Server.Config;

/// <summary>Kafka's types of a setting, under the codes that DescribeConfigs answers.</summary>
internal enum ConfigType : sbyte
{
    Unknown = 0,
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
    Class = 8,
    Password = 9,
}

/// <summary>When a broker's setting may change.</summary>
internal enum ConfigUpdate
{
    /// <summary>Only with a restart.</summary>
    ReadOnly,

    /// <summary>While running, for one broker.</summary>
    PerBroker,

    /// <summary>While running, for one broker or for all.</summary>
    ClusterWide,
}

/// <summary>One setting under Kafka's name: its type, its valid values and its default.</summary>
/// <param name="Name">Kafka's key.</param>
/// <param name="Type">How its text is read.</param>
/// <param name="Default">The default as text; null where there is none.</param>
/// <param name="Rule">What else a value must satisfy; null where any of the type will do.</param>
/// <param name="Update">When it may change; topic settings may always.</param>
/// <param name="Documentation">One sentence for the reader of DescribeConfigs.</param>
internal sealed record ConfigDefinition(string Name, ConfigType Type, string? Default, ConfigRule? Rule, ConfigUpdate Update, string Documentation)
{
    /// <summary>Broker keys that give this setting its value when it has none itself, first hit first.</summary>
    public IReadOnlyList<ConfigSynonym> Synonyms { get; init; } = [];

    /// <summary>Whether the setting is left out where settings are described: Kafka keeps it to itself.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Whether the setting is described only where it is set, and then as one that is fixed, as in Kafka.</summary>
    public bool IsDynamicOnly { get; init; }

    /// <summary>Whether the value must never be shown.</summary>
    public bool Sensitive => Type == ConfigType.Password;

    /// <summary>Reads a value's text.</summary>
    /// <param name="text">As written in a file or a request; null and empty are values of their own.</param>
    /// <param name="value">bool, int, short, long, double, string or string[] by the type; null for a null text.</param>
    /// <param name="error">Kafka's own sentence, naming the key, when false is returned.</param>
    public bool TryParse(string? text, out object? value, out string error)
    {
        value = null;
        error = "";
        if (text is not null && !TryParseType(text.Trim(), out value, out string reason))
        {
            error = $"Invalid value {Shown(text)} for configuration {Name}: {reason}";
            return false;
        }

        if (value is not null && Rule?.Violation(value) is { } violation)
        {
            error = $"Invalid value {Shown(Rule.Culprit(value) ?? text!)} for configuration {Name}: {violation}";
            return false;
        }

        return true;
    }

    private string Shown(string text) => Sensitive ? "[hidden]" : text;

    private bool TryParseType(string text, out object? value, out string reason)
    {
        reason = "";
        value = Type switch
        {
            ConfigType.Boolean => ConfigText.Boolean(text),
            ConfigType.Int => ConfigText.Int(text),
            ConfigType.Short => ConfigText.Short(text),
            ConfigType.Long => ConfigText.Long(text),
            ConfigType.Double => ConfigText.Double(text),
            ConfigType.List => ConfigText.List(text),
            _ => text,
        };
        if (value is not null)
        {
            return true;
        }
        reason = Type == ConfigType.Boolean ? "Expected value to be either true or false" : $"Not a number of type {Type.ToString().ToUpperInvariant()}";
        return false;
    }
}

/// <summary>A broker key that stands in for another key.</summary>
/// <param name="Name">The broker key.</param>
/// <param name="Factor">What its number is multiplied with to give the other's unit; 1 where the units are the same.</param>
/// <param name="NegativeIsUnlimited">Whether any negative number says what -1 says.</param>
internal readonly record struct ConfigSynonym(string Name, long Factor = 1, bool NegativeIsUnlimited = false);
