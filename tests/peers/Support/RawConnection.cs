using System.Buffers.Binary;
using System.Net.Sockets;
using Broker.Protocol;

namespace Peers.Tests.Support;

/// <summary>A connection that sends requests unchanged and reads any answer.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TcpClient _client = new();
    private readonly string _address;
    private int _correlationId;

    private RawConnection(string address) => _address = address;

    /// <param name="address">HOST:PORT.</param>
    public static async Task<RawConnection> OpenAsync(string address)
    {
        RawConnection connection = new(address);
        string[] parts = address.Split(':');
        await connection._client.ConnectAsync(parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)).WaitAsync(Patience);
        return connection;
    }

    /// <summary>The answer to a request; null where the broker closes the connection instead.</summary>
    public async Task<TResponse?> AskAsync<TRequest, TResponse>(TRequest request, short version)
        where TRequest : class, IRequest<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using ProtocolWriter writer = new();
        request.Write(writer, version);
        byte[]? frame = await AskAsync((short)TRequest.Key, version, HeaderVersions.OfRequest(TRequest.Key, version), writer.ToArray());
        return frame is null ? null : Decode<TResponse>(frame, TRequest.Key, version);
    }

    /// <summary>The frame that answers a key, a version and a body; null where the broker closes the connection instead.</summary>
    public async Task<byte[]?> AskAsync(short key, short version, short headerVersion, byte[] body)
    {
        using ProtocolWriter writer = new();
        writer.WriteInt32(0);
        new RequestHeader((ApiKey)key, version, ++_correlationId, "comparison").Write(writer, headerVersion);
        byte[] frame = [.. writer.ToArray(), .. body];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        await _client.GetStream().WriteAsync(frame).AsTask().WaitAsync(Patience);
        return await ReadAsync(4) is { } length ? await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(length)) : null;
    }

    public void Dispose() => _client.Dispose();

    private static TResponse Decode<TResponse>(byte[] frame, ApiKey key, short version)
        where TResponse : class, IMessage<TResponse>
    {
        ProtocolReader reader = new(frame);
        ResponseHeader.Read(ref reader, HeaderVersions.OfResponse(key, version));
        return TResponse.Read(ref reader, version);
    }

    private async Task<byte[]?> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        try
        {
            int read = await _client.GetStream().ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false).AsTask().WaitAsync(Patience);
            return read == count ? bytes : null;
        }
        catch (IOException)
        {
            return null; // The broker has reset the connection, which counts as closed.
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{_address} has not answered.", late);
        }
    }
}
