using System.Globalization;

namespace Broker.Protocol.Generator.Schema;

/// <summary>A range of versions, both ends included; empty when the lowest is above the highest.</summary>
internal readonly record struct VersionRange(int Lowest, int Highest)
{
    /// <summary>The end of a range without an upper bound.</summary>
    public const int Open = short.MaxValue;

    public static VersionRange None { get; } = new(Open, -1);

    public bool IsEmpty => Lowest > Highest;

    public bool Contains(int version) => version >= Lowest && version <= Highest;

    public bool Covers(VersionRange other) => other.IsEmpty || (Lowest <= other.Lowest && Highest >= other.Highest);

    public VersionRange Intersect(VersionRange other) => new(Math.Max(Lowest, other.Lowest), Math.Min(Highest, other.Highest));

    /// <summary>The smallest range that holds both.</summary>
    public VersionRange Span(VersionRange other) =>
        IsEmpty ? other : other.IsEmpty ? this : new(Math.Min(Lowest, other.Lowest), Math.Max(Highest, other.Highest));

    /// <summary>Reads "3", "3-5", "3+" or "none".</summary>
    public static bool TryParse(string text, out VersionRange range)
    {
        range = None;
        if (text == "none")
        {
            return true;
        }
        string[] parts = text.EndsWith("+", StringComparison.Ordinal) ? [text.Substring(0, text.Length - 1)] : text.Split('-');
        if (parts.Length > 2 || !TryParseVersion(parts[0], out int lowest) || !TryParseVersion(parts[parts.Length - 1], out int highest))
        {
            return false;
        }
        range = new VersionRange(lowest, text.EndsWith("+", StringComparison.Ordinal) ? Open : highest);
        return !range.IsEmpty;
    }

    public override string ToString() =>
        IsEmpty ? "none" : Highest == Open ? $"{Lowest}+" : Lowest == Highest ? $"{Lowest}" : $"{Lowest}-{Highest}";

    private static bool TryParseVersion(string text, out int version) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out version) && version < Open;
}
