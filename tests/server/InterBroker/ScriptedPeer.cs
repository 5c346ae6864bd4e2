using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Broker.Protocol;

namespace Broker.Server.Tests.InterBroker;

/// <summary>A peer that answers each request with the bytes of a script, and can hang, refuse and die at any byte.</summary>
public sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Func<Call, Task> _script;
    private readonly Task _accepting;
    private int _connections;

    public ScriptedPeer(Func<Call, Task> script)
    {
        _script = script;
        _listener.Start();
        _accepting = Accept();
    }

    /// <summary>How many connections the peer has accepted.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _accepting;
        _listener.Stop();
        _ended.Dispose();
    }

    private async Task Accept()
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_ended.Token);
                Interlocked.Increment(ref _connections);
                serving.Add(Serve(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task Serve(Socket socket)
    {
        using (socket)
        {
            try
            {
                while (await Read(socket, 4) is { } length && await Read(socket, BinaryPrimitives.ReadInt32BigEndian(length)) is { } request)
                {
                    await _script(new Call(socket, request, _ended.Token));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The other side or the test has ended the connection.
            }
        }
    }

    private async Task<byte[]?> Read(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int received = await socket.ReceiveAsync(bytes.AsMemory(have), SocketFlags.None, _ended.Token);
            if (received == 0)
            {
                return null;
            }
            have += received;
        }

        return bytes;
    }

    /// <summary>One request that the peer has received.</summary>
    public sealed record Call(Socket Socket, byte[] Request, CancellationToken Ended)
    {
        public RequestHeader Header
        {
            get
            {
                ProtocolReader reader = new(Request);
                return RequestHeader.Read(ref reader);
            }
        }

        /// <summary>The frame of a response to this request, length field included.</summary>
        public byte[] Frame(IMessage response, int? correlationId = null)
        {
            RequestHeader header = Header;
            using ProtocolWriter writer = new();
            writer.WriteInt32(0);
            new ResponseHeader(correlationId ?? header.CorrelationId).Write(writer, HeaderVersions.OfResponse(header.ApiKey, header.ApiVersion));
            response.Write(writer, header.ApiVersion);
            writer.PatchInt32(0, writer.Length - 4);
            return writer.ToArray();
        }

        public async Task Send(ReadOnlyMemory<byte> bytes) => await Socket.SendAsync(bytes, SocketFlags.None, Ended);

        public Task Answer(IMessage response) => Send(Frame(response));

        /// <summary>Never answers.</summary>
        public Task Hang() => Task.Delay(Timeout.Infinite, Ended);

        /// <summary>Ends the connection with a reset.</summary>
        public void Die()
        {
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
            Socket.Dispose();
        }
    }
}
