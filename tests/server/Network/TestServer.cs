using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Broker.Protocol;
using Broker.Server.Apis;
using Broker.Server.Config;
using Broker.Server.Network;
using Broker.Server.Requests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Server.Tests.Network;

/// <summary>A socket server over handlers of the test's choice, on a free port.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly Meter _meter = new("test");

    public TestServer(NetworkOptions? options = null, TimeProvider? time = null, params Api[] apis)
        : this(NullLogger.Instance, options ?? new NetworkOptions(), time ?? TimeProvider.System, apis)
    {
    }

    public TestServer(ILogger log, params Api[] apis)
        : this(log, new NetworkOptions(), TimeProvider.System, apis)
    {
    }

    private TestServer(ILogger log, NetworkOptions options, TimeProvider time, Api[] apis)
    {
        Sockets = new SocketServer(options, log, time);
        Sockets.Bind([new Listener("PLAINTEXT", SecurityProtocol.Plaintext, "127.0.0.1", 0)]);
        ApiTable? table = null;
        table = new ApiTable([new ApiVersionsApi(() => table!), .. apis]);
        Sockets.Start(table, new NetworkMetrics(_meter, table.All, () => Sockets.ConnectionCount));
    }

    public SocketServer Sockets { get; }

    public int Port => Sockets.Bound[0].Port;

    public TestClient Connect() => new(Port);

    public async ValueTask DisposeAsync()
    {
        await Sockets.DisposeAsync();
        _meter.Dispose();
    }
}

/// <summary>A client that sends the bytes of a test, one by one where the test wants it. Every wait ends after ten seconds with a failure.</summary>
internal sealed class TestClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public TestClient(int port, int receiveBuffer = 0)
    {
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            Socket.ReceiveBufferSize = receiveBuffer;
        }
        Socket.Connect(IPAddress.Loopback, port);
    }

    public Socket Socket { get; }

    /// <summary>A request's frame, length field included.</summary>
    public static byte[] Frame<TRequest>(TRequest request, short version, int correlationId, string? clientId = "test")
        where TRequest : IRequest<TRequest>
    {
        using ProtocolWriter writer = new();
        writer.WriteInt32(0);
        new RequestHeader(TRequest.Key, version, correlationId, clientId).Write(writer, HeaderVersions.OfRequest(TRequest.Key, version));
        request.Write(writer, version);
        writer.PatchInt32(0, writer.Length - 4);
        return writer.ToArray();
    }

    /// <summary>A length field and whatever follows it.</summary>
    public static byte[] Raw(int length, params byte[] rest)
    {
        byte[] bytes = new byte[4 + rest.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        rest.CopyTo(bytes, 4);
        return bytes;
    }

    public async Task Send(params byte[][] frames)
    {
        foreach (byte[] frame in frames)
        {
            await Socket.SendAsync(frame).WaitAsync(Patience);
        }
    }

    /// <summary>The next response, without its length field.</summary>
    public async Task<byte[]> Receive()
    {
        byte[] length = await ReceiveExactly(4);
        return await ReceiveExactly(BinaryPrimitives.ReadInt32BigEndian(length));
    }

    public async Task<int> ReceiveCorrelationId() => BinaryPrimitives.ReadInt32BigEndian(await Receive());

    /// <summary>Whether the server has closed the connection without a further answer.</summary>
    public async Task<bool> IsClosed()
    {
        try
        {
            return await Socket.ReceiveAsync(new byte[1]).WaitAsync(Patience) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    public void Dispose() => Socket.Dispose();

    private async Task<byte[]> ReceiveExactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int got = await Socket.ReceiveAsync(bytes.AsMemory(have)).AsTask().WaitAsync(Patience);
            if (got == 0)
            {
                throw new InvalidOperationException("the server closed the connection");
            }
            have += got;
        }

        return bytes;
    }
}
