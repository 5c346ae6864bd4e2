using System.Buffers.Binary;
using System.Net.Sockets;
using Broker.Protocol;

namespace Peers.Tests.Support;

/// <summary>One connection to a broker that sends requests exactly as a case writes them, one at a time.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private int _correlation;

    public static async Task<RawClient> ConnectAsync(string bootstrapServers)
    {
        RawClient client = new();
        string[] address = bootstrapServers.Split(':');
        await client._client.ConnectAsync(address[0], int.Parse(address[1]));
        return client;
    }

    public async Task<TResponse> AskAsync<TRequest, TResponse>(TRequest request, short version)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        NetworkStream stream = _client.GetStream();
        await stream.WriteAsync(Frame(request, version));
        byte[] length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length);
        byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(body);
        return Read<TResponse>(body, TRequest.Key, version);
    }

    public void Dispose() => _client.Dispose();

    private static TResponse Read<TResponse>(byte[] body, ApiKey key, short version)
        where TResponse : class, IMessage<TResponse>
    {
        ProtocolReader reader = new(body);
        ResponseHeader.Read(ref reader, HeaderVersions.OfResponse(key, version));
        return TResponse.Read(ref reader, version);
    }

    private byte[] Frame<TRequest>(TRequest request, short version)
        where TRequest : class, IRequest<TRequest>
    {
        using ProtocolWriter writer = new();
        writer.WriteInt32(0);
        new RequestHeader(TRequest.Key, version, ++_correlation, "raw").Write(writer, HeaderVersions.OfRequest(TRequest.Key, version));
        request.Write(writer, version);
        writer.PatchInt32(0, writer.Length - sizeof(int));
        return writer.ToArray();
    }
}
