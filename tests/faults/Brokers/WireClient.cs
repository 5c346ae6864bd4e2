using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Broker.Protocol;

namespace Faults.Tests.Brokers;

/// <summary>A connection that sends the bytes of a test, one by one if needed.</summary>
internal sealed class WireClient : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public WireClient(int port)
    {
        _socket.Connect(IPAddress.Loopback, port);
        // Closing resets the connection, so that thousands of connections leave no port in TIME_WAIT.
        _socket.LingerState = new LingerOption(true, 0);
    }

    /// <summary>A length field and the bytes after it.</summary>
    public static byte[] Raw(int length, params ReadOnlySpan<byte> rest)
    {
        byte[] bytes = new byte[4 + rest.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);
        rest.CopyTo(bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>A frame of a request with this body.</summary>
    public static byte[] Frame(ApiKey key, short version, int correlationId, ReadOnlySpan<byte> body)
    {
        using ProtocolWriter writer = new();
        new RequestHeader(key, version, correlationId, "hostile").Write(writer, HeaderVersions.OfRequest(key, version));
        byte[] header = writer.ToArray();
        return Raw(header.Length + body.Length, [.. header, .. body]);
    }

    /// <summary>Sends all bytes; waits while the peer does not read.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, cancellation)..];
        }
    }

    /// <summary>Whether the peer closes the connection without an answer.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            return await _socket.ReceiveAsync(new byte[1]).WaitAsync(Patience) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Reads until this many frames have arrived, the peer closes, or nothing arrives for a while.</summary>
    public async Task ReadAsync(int frames, TimeSpan quiet)
    {
        byte[] buffer = new byte[64 * 1024];
        using CancellationTokenSource patience = new();
        try
        {
            int have = 0;
            while (frames > 0)
            {
                patience.CancelAfter(quiet);
                int got = await _socket.ReceiveAsync(buffer.AsMemory(have), patience.Token);
                if (got == 0)
                {
                    return;
                }
                have += got;
                int taken = Whole(buffer.AsSpan(0, have), ref frames);
                buffer.AsSpan(taken, have - taken).CopyTo(buffer);
                have -= taken;
                if (have == buffer.Length)
                {
                    Array.Resize(ref buffer, have * 2);
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The peer reset the connection, or does not answer; both are allowed.
        }
    }

    public void Dispose() => _socket.Dispose();

    private static int Whole(ReadOnlySpan<byte> bytes, ref int frames)
    {
        int at = 0;
        while (bytes.Length - at >= 4 && BinaryPrimitives.ReadInt32BigEndian(bytes[at..]) is var length && bytes.Length - at - 4 >= length)
        {
            at += 4 + length;
            frames--;
        }

        return at;
    }
}
