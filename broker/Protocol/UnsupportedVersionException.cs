namespace Broker.Protocol;

/// <summary>
/// A message cannot be written in a version: the caller asked for a version that does not exist, or set a field that the version cannot carry.
/// </summary>
public sealed class UnsupportedVersionException(string message) : InvalidOperationException(message)
{
    /// <summary>For generated code.</summary>
    public static UnsupportedVersionException NoSuchVersion(string message, short version) => new($"{message} has no version {version}");

    /// <summary>For generated code.</summary>
    public static UnsupportedVersionException Field(string field, short version) => new($"{field} is set, which version {version} cannot carry");

    /// <summary>For generated code.</summary>
    public static UnsupportedVersionException NullField(string field, short version) => new($"{field} is null, which version {version} cannot carry");
}
