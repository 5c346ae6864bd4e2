namespace Broker.Protocol;

/// <summary>The versions of an API.</summary>
/// <param name="Lowest">The lowest version.</param>
/// <param name="Highest">The highest version.</param>
/// <param name="FirstFlexible">The first flexible version; <see cref="short.MaxValue"/> where there is none.</param>
public readonly record struct ApiVersionRange(short Lowest, short Highest, short FirstFlexible)
{
    /// <summary>True when a version lies in the range.</summary>
    public bool Contains(short version) => version >= Lowest && version <= Highest;

    /// <summary>True when a version, in the range or above it, is flexible.</summary>
    public bool IsFlexible(short version) => version >= FirstFlexible;
}
