using System.Globalization;

namespace Broker.Server.Config;

/// <summary>What a setting's value must satisfy beyond its type.</summary>
internal abstract class ConfigRule
{
    /// <summary>Why the value is refused, in Kafka's words; null when it is fine.</summary>
    public abstract string? Violation(object value);

    public static ConfigRule AtLeast(double lowest) => new NumberRule(lowest, double.PositiveInfinity, alsoAllowed: null);

    public static ConfigRule Between(double lowest, double highest, double? alsoAllowed = null) => new NumberRule(lowest, highest, alsoAllowed);

    public static ConfigRule OneOf(params string[] names) => new NameRule(names);

    private sealed class NumberRule(double lowest, double highest, double? alsoAllowed) : ConfigRule
    {
        public override string? Violation(object value)
        {
            double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
            if (number == alsoAllowed) return null;
            if (number < lowest) return string.Create(CultureInfo.InvariantCulture, $"Value must be at least {lowest}");
            return number > highest ? string.Create(CultureInfo.InvariantCulture, $"Value must be no more than {highest}") : null;
        }
    }

    private sealed class NameRule(string[] names) : ConfigRule
    {
        public override string? Violation(object value)
        {
            string[] given = value as string[] ?? [(string)value];
            return Array.TrueForAll(given, name => names.Contains(name)) ? null : "String must be one of: " + string.Join(", ", names);
        }
    }
}
