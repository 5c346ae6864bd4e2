using System.Buffers;
using System.Net.WebSockets;

namespace Game.GameServer.Stream;

/// <summary>Reads whole messages of one WebSocket into a buffer that grows to the limit.</summary>
internal sealed class MessageReader(WebSocket socket) : IDisposable
{
    private const int FirstBytes = 16 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    /// <summary>The last message; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Message => _buffer.AsMemory(0, _length);

    /// <summary>Reads the next message. Returns null when it is a text message; otherwise the reason to close the connection with.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<WebSocketCloseStatus?> ReadAsync()
    {
        _length = 0;
        while (true)
        {
            if (_length == _buffer.Length)
            {
                Grow();
            }
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(_buffer.AsMemory(_length), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return WebSocketCloseStatus.NormalClosure;
            }
            if (part.MessageType == WebSocketMessageType.Binary)
            {
                return WebSocketCloseStatus.InvalidMessageType;
            }
            _length += part.Count;
            if (_length > StreamLimits.MaxMessageBytes)
            {
                return WebSocketCloseStatus.MessageTooBig;
            }
            if (part.EndOfMessage)
            {
                return null;
            }
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
