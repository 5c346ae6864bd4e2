using System.Buffers.Binary;
using Broker.Protocol;
using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>A frame whose header has been read: the API and version that the client asks for, and where the body begins.</summary>
/// <param name="Api">The handler.</param>
/// <param name="Header">The request's header.</param>
/// <param name="BodyStart">Where the body begins in the frame.</param>
/// <param name="ResponseVersion">The version to answer in.</param>
internal readonly record struct RequestStart(Api Api, RequestHeader Header, int BodyStart, short ResponseVersion)
{
    /// <summary>The length of a request's API key and version, its first bytes.</summary>
    public const int KeyAndVersionBytes = 4;

    private bool IsDowngraded => ResponseVersion != Header.ApiVersion;

    /// <exception cref="MalformedMessageException">The header cannot be read, the API is not served, or not in this version. The protocol has no answer to any
    /// of these.</exception>
    public static RequestStart Read(Memory<byte> frame, ApiTable apis)
    {
        Api api = ApiOf(frame.Span, apis);
        short version = BinaryPrimitives.ReadInt16BigEndian(frame.Span[2..]);
        if (version < api.LowestVersion || version > api.HighestVersion)
        {
            return Unsupported(frame, api, version);
        }
        ProtocolReader reader = new(frame);
        RequestHeader header = RequestHeader.Read(ref reader);
        return new RequestStart(api, header, reader.Position, version);
    }

    /// <summary>The handler that a request's first bytes ask for.</summary>
    /// <exception cref="MalformedMessageException">There is none.</exception>
    public static Api ApiOf(ReadOnlySpan<byte> head, ApiTable apis)
    {
        if (head.Length < KeyAndVersionBytes)
        {
            throw new MalformedMessageException($"a request of {head.Length} bytes has no header");
        }
        short key = BinaryPrimitives.ReadInt16BigEndian(head);
        return apis.Find(key) ?? throw new MalformedMessageException($"API key {key} is not served");
    }

    /// <summary>Hands the body to the handler.</summary>
    public ValueTask<IMessage?> Dispatch(Memory<byte> frame, RequestContext context)
    {
        if (IsDowngraded)
        {
            return new ValueTask<IMessage?>(Api.AnswerToUnknownVersion);
        }
        ProtocolReader body = new(frame[BodyStart..]);
        return Api.Dispatch(ref body, context);
    }

    /// <summary>
    /// Only ApiVersions may be asked in a version that does not exist, because the client does not know the versions yet: the answer is in version 0, with
    /// UNSUPPORTED_VERSION and the range to choose from (KIP-511). Of the request only the correlation id is read.
    /// </summary>
    private static RequestStart Unsupported(Memory<byte> frame, Api api, short version)
    {
        if (api.AnswerToUnknownVersion is null)
        {
            throw new MalformedMessageException($"{api.Key} is not served in version {version}");
        }
        ProtocolReader reader = new(frame);
        return new RequestStart(api, RequestHeader.Read(ref reader, headerVersion: 0), frame.Length, ResponseVersion: 0);
    }
}
