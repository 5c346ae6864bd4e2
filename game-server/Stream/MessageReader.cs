using System.Buffers;
using System.Net.WebSockets;

namespace Game.GameServer.Stream;

/// <summary>Reads whole messages of one WebSocket into a buffer that grows to the limit.</summary>
internal sealed class MessageReader(WebSocket socket) : IDisposable
{
    private const int FirstBytes = 16 * 1024;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int length;

    /// <summary>The last message; valid until the next read.</summary>
    public ReadOnlyMemory<byte> Message => buffer.AsMemory(0, length);

    /// <summary>Reads the next message. Null: a text message is there; else why the connection has to be closed.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<WebSocketCloseStatus?> ReadAsync()
    {
        length = 0;
        while (true)
        {
            if (length == buffer.Length)
                Grow();
            ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close)
                return WebSocketCloseStatus.NormalClosure;
            if (part.MessageType == WebSocketMessageType.Binary)
                return WebSocketCloseStatus.InvalidMessageType;
            length += part.Count;
            if (length > StreamLimits.MaxMessageBytes)
                return WebSocketCloseStatus.MessageTooBig;
            if (part.EndOfMessage)
                return null;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
