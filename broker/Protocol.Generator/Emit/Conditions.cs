using Broker.Protocol.Generator.Schema;

namespace Broker.Protocol.Generator.Emit;

/// <summary>Version ranges as C# conditions on the variable <c>version</c>.</summary>
internal static class Conditions
{
    /// <summary>The condition that a version of <paramref name="scope"/> lies in the range; "true" and "false" where it is certain.</summary>
    public static string Of(VersionRange range, VersionRange scope)
    {
        VersionRange inside = range.Intersect(scope);
        if (inside.IsEmpty)
        {
            return "false";
        }
        if (inside == scope)
        {
            return "true";
        }
        if (inside.Lowest == inside.Highest)
        {
            return $"version == {inside.Lowest}";
        }
        if (inside.Lowest == scope.Lowest)
        {
            return $"version <= {inside.Highest}";
        }
        if (inside.Highest == scope.Highest)
        {
            return $"version >= {inside.Lowest}";
        }
        return $"version is >= {inside.Lowest} and <= {inside.Highest}";
    }

    public static string And(string first, string second) =>
        first == "true" ? second : second == "true" ? first : $"{first} && {second}";
}
