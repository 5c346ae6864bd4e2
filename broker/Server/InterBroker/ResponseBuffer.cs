using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Broker.Protocol;

namespace Broker.Server.InterBroker;

/// <summary>
/// Receives the responses of one connection, one after the other, into one buffer. It grows with the bytes that arrive, not with the length that a peer
/// announces, and is small again after a small response.
/// </summary>
/// <param name="maxBytes">The longest response, its length field left out.</param>
internal sealed class ResponseBuffer(int maxBytes)
{
    /// <summary>Holds most responses; a connection without a call keeps no more after one of them.</summary>
    private const int SmallBytes = 4 << 10;

    /// <summary>No response is shorter than its correlation id.</summary>
    private const int MinBytes = sizeof(int);

    private byte[] _buffer = [];
    private int _used;

    /// <summary>Receives one response and returns it without its length field; the bytes are valid until the next call.</summary>
    /// <exception cref="MalformedMessageException">The length is impossible or over the limit, or bytes follow the response.</exception>
    /// <exception cref="SocketException">The connection is broken or ends before the response does.</exception>
    public async ValueTask<Memory<byte>> Receive(Socket socket, CancellationToken end)
    {
        Shrink();
        await ReceiveAtLeast(sizeof(int), socket, end);
        int length = BinaryPrimitives.ReadInt32BigEndian(_buffer);
        if (length < MinBytes || length > maxBytes)
        {
            throw new MalformedMessageException($"a length of {length} bytes is not within {MinBytes} and {maxBytes}");
        }

        await ReceiveAtLeast(sizeof(int) + length, socket, end);
        return _used == sizeof(int) + length
            ? _buffer.AsMemory(sizeof(int), length)
            : throw new MalformedMessageException($"{_used - sizeof(int) - length} bytes follow the response");
    }

    /// <summary>A large buffer is kept while large responses come.</summary>
    private void Shrink()
    {
        bool wasSmall = _used <= SmallBytes;
        _used = 0;
        if (_buffer.Length == 0 || (_buffer.Length > SmallBytes && wasSmall))
        {
            Replace(SmallBytes);
        }
    }

    private async ValueTask ReceiveAtLeast(int total, Socket socket, CancellationToken end)
    {
        while (_used < total)
        {
            if (_used == _buffer.Length)
            {
                Replace((int)Math.Min(total, 2L * _buffer.Length));
            }

            int received = await socket.ReceiveAsync(_buffer.AsMemory(_used), SocketFlags.None, end);
            if (received == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }
            _used += received;
        }
    }

    private void Replace(int bytes)
    {
        byte[] next = ArrayPool<byte>.Shared.Rent(bytes);
        _buffer.AsSpan(0, _used).CopyTo(next);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        _buffer = next;
    }
}
