namespace Broker.Protocol;

/// <summary>The header before a response's body.</summary>
/// <param name="CorrelationId">The request's.</param>
/// <param name="UnknownTaggedFields">Tagged fields of a version 1 header; null when there are none.</param>
public readonly record struct ResponseHeader(int CorrelationId, UnknownTaggedField[]? UnknownTaggedFields = null)
{
    /// <summary>Reads a header of version 0 or 1.</summary>
    /// <exception cref="MalformedMessageException">The bytes are no such header.</exception>
    public static ResponseHeader Read(ref ProtocolReader reader, short headerVersion) =>
        new(reader.ReadInt32(), headerVersion >= 1 ? reader.ReadUnknownTaggedFields() : null);

    /// <summary>Writes a header of version 0 or 1.</summary>
    public void Write(ProtocolWriter writer, short headerVersion)
    {
        writer.WriteInt32(CorrelationId);
        if (headerVersion >= 1)
        {
            writer.WriteUnknownTaggedFields(UnknownTaggedFields);
        }
    }
}
