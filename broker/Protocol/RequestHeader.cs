namespace Broker.Protocol;

/// <summary>The header before a request's body.</summary>
/// <param name="ApiKey">The API asked; may be one that has no name.</param>
/// <param name="ApiVersion">The version of the request's body, which may be one that does not exist.</param>
/// <param name="CorrelationId">Chosen by the client, given back in the response.</param>
/// <param name="ClientId">The client's name for itself, or null; absent from version 0.</param>
/// <param name="UnknownTaggedFields">Tagged fields of a version 2 header; null when there are none.</param>
public readonly record struct RequestHeader(
    ApiKey ApiKey, short ApiVersion, int CorrelationId, string? ClientId = null, UnknownTaggedField[]? UnknownTaggedFields = null)
{
    /// <summary>
    /// Reads the header of the version that goes with the API and version it names. The body's version is not judged: for ApiVersions,
    /// a version above the known ones has a readable header, and its body is to be ignored.
    /// </summary>
    /// <exception cref="MalformedMessageException">The bytes are no header, or no schema describes the API.</exception>
    public static RequestHeader Read(ref ProtocolReader reader)
    {
        ProtocolReader ahead = reader;
        ApiKey key = (ApiKey)ahead.ReadInt16();
        short version = HeaderVersions.OfRequest(key, ahead.ReadInt16());
        if (version < 0)
        {
            throw new MalformedMessageException($"there is no API key {(short)key}");
        }
        return Read(ref reader, version);
    }

    /// <summary>Reads a header of a version from 0 to 2.</summary>
    /// <exception cref="MalformedMessageException">The bytes are no such header.</exception>
    public static RequestHeader Read(ref ProtocolReader reader, short headerVersion)
    {
        ApiKey key = (ApiKey)reader.ReadInt16();
        short version = reader.ReadInt16();
        int correlationId = reader.ReadInt32();
        // The client id never became compact, so that a broker can read the header of any ApiVersions request.
        string? clientId = headerVersion >= 1 ? reader.ReadNullableString(flexible: false) : null;
        UnknownTaggedField[]? tags = headerVersion >= 2 ? reader.ReadUnknownTaggedFields() : null;
        return new RequestHeader(key, version, correlationId, clientId, tags);
    }

    /// <summary>Writes a header of a version from 0 to 2; version 0 drops the client id.</summary>
    public void Write(ProtocolWriter writer, short headerVersion)
    {
        writer.WriteInt16((short)ApiKey);
        writer.WriteInt16(ApiVersion);
        writer.WriteInt32(CorrelationId);
        if (headerVersion >= 1)
        {
            writer.WriteNullableString(ClientId, flexible: false);
        }
        if (headerVersion >= 2)
        {
            writer.WriteUnknownTaggedFields(UnknownTaggedFields);
        }
    }
}
