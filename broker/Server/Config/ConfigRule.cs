using System.Globalization;

namespace Broker.Server.Config;

/// <summary>What a setting's value must satisfy beyond its type.</summary>
internal abstract class ConfigRule
{
    /// <summary>Why the value is refused, in Kafka's words; null when it is fine.</summary>
    public abstract string? Violation(object value);

    /// <summary>The part of a refused value that is named when it is refused; null for the whole value.</summary>
    public virtual string? Culprit(object value) => null;

    public static ConfigRule AtLeast(double lowest) => new NumberRule(lowest, double.PositiveInfinity, alsoAllowed: null);

    public static ConfigRule Between(double lowest, double highest, double? alsoAllowed = null) => new NumberRule(lowest, highest, alsoAllowed);

    /// <summary>The literal * or a list of PARTITION:BROKER; empty is none.</summary>
    public static ConfigRule ThrottledReplicas { get; } = new ReplicaRule();

    /// <summary>A release up to Kafka 3.9, with or without a step of its development ("3.0", "3.0-IV1", "2.8.1").</summary>
    public static ConfigRule Release { get; } = new ReleaseRule();

    public static ConfigRule OneOf(params string[] names) => new NameRule(names);

    private sealed class NumberRule(double lowest, double highest, double? alsoAllowed) : ConfigRule
    {
        public override string? Violation(object value)
        {
            double number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
            if (number == alsoAllowed)
            {
                return null;
            }
            if (number < lowest)
            {
                return string.Create(CultureInfo.InvariantCulture, $"Value must be at least {lowest}");
            }
            return number > highest ? string.Create(CultureInfo.InvariantCulture, $"Value must be no more than {highest}") : null;
        }
    }

    private sealed class NameRule(string[] names) : ConfigRule
    {
        public override string? Violation(object value) => Culprit(value) is null ? null : "String must be one of: " + string.Join(", ", names);

        public override string? Culprit(object value) => Array.Find(value as string[] ?? [(string)value], name => !names.Contains(name));
    }

    private sealed class ReplicaRule : ConfigRule
    {
        public override string? Violation(object value)
        {
            string[] given = (string[])value;
            bool isFine = given is [] or ["*"] || Array.TrueForAll(given, IsReplica);
            return isFine ? null
                : "It must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...";
        }

        private static bool IsReplica(string text) =>
            text.Split(':') is [var partition, var broker] && partition.Length > 0 && broker.Length > 0 && partition.All(char.IsAsciiDigit)
            && broker.All(char.IsAsciiDigit);
    }

    private sealed class ReleaseRule : ConfigRule
    {
        /// <summary>Each release with the number of the last step of its development; -1 where they had none.</summary>
        private static readonly Dictionary<string, int> Releases = new(StringComparer.Ordinal)
        {
            ["0.8.0"] = -1, ["0.8.1"] = -1, ["0.8.2"] = -1, ["0.9.0"] = -1, ["0.10.0"] = 1, ["0.10.1"] = 2, ["0.10.2"] = 0, ["0.11.0"] = 2,
            ["1.0"] = 0, ["1.1"] = 0, ["2.0"] = 1, ["2.1"] = 2, ["2.2"] = 1, ["2.3"] = 1, ["2.4"] = 1, ["2.5"] = 0, ["2.6"] = 0, ["2.7"] = 2, ["2.8"] = 1,
            ["3.0"] = 1, ["3.1"] = 0, ["3.2"] = 0, ["3.3"] = 3, ["3.4"] = 0, ["3.5"] = 2, ["3.6"] = 2, ["3.7"] = 4, ["3.8"] = 0, ["3.9"] = 0,
        };

        public override string? Violation(object value)
        {
            string text = (string)value;
            string[] parts = text.Split('.');
            // Before 1.0 three numbers made a release, since then two; what follows was a correction of it.
            string named = string.Join('.', parts.Take(text.StartsWith("0.", StringComparison.Ordinal) ? 3 : 2));
            string[] halves = named.Split("-IV");
            bool isKnown = Releases.TryGetValue(halves[0], out int last)
                && (halves.Length == 1
                || (halves.Length == 2 && int.TryParse(halves[1], NumberStyles.None, CultureInfo.InvariantCulture, out int step) && step <= last));
            return isKnown ? null : $"Version {text} is not a valid version";
        }
    }
}
