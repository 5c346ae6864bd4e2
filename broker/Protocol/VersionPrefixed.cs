namespace Broker.Protocol;

/// <summary>
/// Messages that carry their version in front, an int16: keys and values of internal topics, and what consumers send each other through the group coordinator.
/// </summary>
public static class VersionPrefixed
{
    /// <summary>Encodes a message behind its version.</summary>
    /// <exception cref="UnsupportedVersionException">As <see cref="IMessage.Write"/>.</exception>
    public static byte[] Encode(IMessage message, short version)
    {
        using ProtocolWriter writer = new();
        writer.WriteInt16(version);
        message.Write(writer, version);
        return writer.ToArray();
    }

    /// <summary>Reads only the version, which gives the kind of the key that follows.</summary>
    /// <exception cref="MalformedMessageException">There are not two bytes.</exception>
    public static short ReadVersion(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 2 ? System.Buffers.Binary.BinaryPrimitives.ReadInt16BigEndian(bytes) : throw new MalformedMessageException("the version is missing");

    /// <summary>Decodes a message behind its version, which must be one that the message has.</summary>
    /// <exception cref="MalformedMessageException">The bytes are no such message.</exception>
    public static T Decode<T>(Memory<byte> bytes)
        where T : IMessage<T>
    {
        ProtocolReader reader = new(bytes);
        short version = reader.ReadInt16();
        return T.Read(ref reader, version);
    }

    /// <summary>As <see cref="Decode"/>, but a version above the highest is read as the highest, as consumers do with each other's subscriptions.</summary>
    /// <exception cref="MalformedMessageException">The bytes are no such message.</exception>
    public static T DecodeUpToHighest<T>(Memory<byte> bytes)
        where T : IMessage<T>
    {
        ProtocolReader reader = new(bytes);
        short version = reader.ReadInt16();
        return T.Read(ref reader, Math.Min(version, T.HighestVersion));
    }
}
