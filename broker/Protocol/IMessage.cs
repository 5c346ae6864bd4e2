namespace Broker.Protocol;

/// <summary>A message that can be written to the wire.</summary>
public interface IMessage
{
    /// <summary>Writes the body, without header, in a version.</summary>
    /// <exception cref="UnsupportedVersionException">
    /// There is no such version, or a field that it lacks, and that may not be dropped, holds something else than its default.
    /// </exception>
    void Write(ProtocolWriter writer, short version);
}

/// <summary>A message that can be read from the wire as well.</summary>
public interface IMessage<TSelf> : IMessage
    where TSelf : IMessage<TSelf>
{
    /// <summary>The lowest version, usually 0.</summary>
    static abstract short LowestVersion { get; }

    /// <summary>The highest version.</summary>
    static abstract short HighestVersion { get; }

    /// <summary>The first version with compact lengths and tagged fields; <see cref="short.MaxValue"/> where there is none.</summary>
    static abstract short FirstFlexibleVersion { get; }

    /// <summary>Reads the body, without header; what follows it is left in the reader. Fields absent from the version get their defaults.</summary>
    /// <exception cref="MalformedMessageException">The bytes are no such message, or there is no such version.</exception>
    static abstract TSelf Read(ref ProtocolReader reader, short version);
}

/// <summary>A request: a message with an API key.</summary>
public interface IRequest<TSelf> : IMessage<TSelf>
    where TSelf : IRequest<TSelf>
{
    /// <summary>The API that the request belongs to.</summary>
    static abstract ApiKey Key { get; }
}
