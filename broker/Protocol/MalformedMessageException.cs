namespace Broker.Protocol;

/// <summary>Bytes from the wire are not what their header says. Nothing else is thrown by decoding.</summary>
public sealed class MalformedMessageException(string message) : Exception(message)
{
    /// <summary>For generated code.</summary>
    public static MalformedMessageException NoSuchVersion(string message, short version) => new($"{message} has no version {version}");
}
