using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Game.GameServer.Tests;

/// <summary>A client of the stream, like that of the game's world.</summary>
internal sealed class StreamClient(ClientWebSocket socket) : IDisposable
{
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly Queue<JsonElement> _answers = new();

    public ClientWebSocket Socket => socket;

    public static string Login(long n, string userId, Guid key, string? secret = null, string address = "203.0.113.9")
        => $$"""{"n":{{n}},"type":"login","idempotency_key":"{{key}}","client_address":"{{address}}",{{TestServer.Login(userId, secret)[1..]}}""";

    public static string Trade(long n, Guid key, string first, string second)
        => $$"""{"n":{{n}},"type":"trade","idempotency_key":"{{key}}",{{TestServer.Trade(first, second)[1..]}}""";

    public Task SendAsync(string message, WebSocketMessageType type = WebSocketMessageType.Text) => SendAsync(Encoding.UTF8.GetBytes(message), type);

    public Task SendAsync(byte[] message, WebSocketMessageType type = WebSocketMessageType.Text, bool endOfMessage = true)
        => socket.SendAsync(message, type, endOfMessage, TestContext.Current.CancellationToken);

    /// <summary>The next answer; null once the server has closed.</summary>
    public async Task<JsonElement?> ReceiveAsync()
    {
        if (_answers.Count == 0 && !await ReadMessageAsync())
        {
            return null;
        }
        return _answers.Dequeue();
    }

    public async Task<JsonElement> AskAsync(string frame)
    {
        await SendAsync(frame);
        return (await ReceiveAsync()).ShouldNotBeNull();
    }

    /// <summary>Reads until the server closes, and returns its reason.</summary>
    public async Task<WebSocketCloseStatus?> CloseStatusAsync()
    {
        while (await ReceiveAsync() is not null)
        {
            // Ignores the answers before the close.
        }

        return socket.CloseStatus;
    }

    public Task CloseAsync() => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

    public void Dispose() => socket.Dispose();

    private async Task<bool> ReadMessageAsync()
    {
        int length = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(_buffer.AsMemory(length), TestContext.Current.CancellationToken);
            length += part.Count;
        }
        while (!part.EndOfMessage);
        if (part.MessageType == WebSocketMessageType.Close)
        {
            return false;
        }
        foreach (string line in Encoding.UTF8.GetString(_buffer, 0, length).Split('\n'))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            _answers.Enqueue(document.RootElement.Clone());
        }

        return true;
    }
}
