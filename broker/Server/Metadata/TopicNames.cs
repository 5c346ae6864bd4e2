namespace Broker.Server.Metadata;

/// <summary>Kafka's rules of a topic's name.</summary>
internal static class TopicNames
{
    /// <summary>So that the name of a partition's folder, with its suffixes, fits the 255 bytes of a file name.</summary>
    internal const int MaxLength = 249;

    /// <summary>Kafka's sentence about what is wrong with a name, or null.</summary>
    internal static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "Topic name is invalid: the empty string is not allowed";
        }
        if (name is "." or "..")
        {
            return $"Topic name is invalid: '{name}' is not allowed";
        }
        if (name.Length > MaxLength)
        {
            return $"Topic name is invalid: the length of '{name}' is longer than the max allowed length {MaxLength}";
        }
        return name.All(IsAllowed)
            ? null
            : $"Topic name is invalid: '{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'";
    }

    /// <summary>Metric names write '.' as '_', so two topics must not differ in that alone.</summary>
    internal static bool Collide(string one, string other) => Unify(one) == Unify(other);

    /// <summary>Whether a name can collide with another at all.</summary>
    internal static bool HasCollisionChars(string name) => name.AsSpan().ContainsAny('.', '_');

    private static string Unify(string name) => name.Replace('.', '_');

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
