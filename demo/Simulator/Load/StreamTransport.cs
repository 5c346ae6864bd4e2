using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace Game.Simulator.Load;

/// <summary>
/// One WebSocket to <c>/v1/stream</c>. A message holds all requests that have queued up while the one before was sent. When the connection breaks, the outcome
/// of the unanswered requests is unknown: the next connection sends them again, in order and with the same keys.
/// </summary>
internal sealed class StreamTransport : IActionTransport
{
    /// <summary>Below the server's limit of 256 KiB a message.</summary>
    private const int MaxMessageBytes = 128 * 1024;

    private const int ReceiveBytes = 256 * 1024;
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(200);

    private readonly Uri _address;
    private readonly string _credential;
    private readonly ActionJson _json;
    private readonly Action<PendingAction, Answer> _answered;
    private readonly Action<string> _failed;
    private readonly Channel<PendingAction> _queue = Channel.CreateUnbounded<PendingAction>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<long, PendingAction> _unanswered = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private long _lastNumber;

    /// <param name="answered">Called with every answer.</param>
    /// <param name="failed">Called with the error that ended a connection.</param>
    public StreamTransport(Uri target, string credential, ActionJson json, Action<PendingAction, Answer> answered, Action<string> failed)
    {
        _address = new UriBuilder(new Uri(target, "/v1/stream")) { Scheme = target.Scheme == "https" ? "wss" : "ws" }.Uri;
        _credential = credential;
        _json = json;
        _answered = answered;
        _failed = failed;
        _running = Task.Run(RunAsync);
    }

    public void Send(PendingAction pending) => _queue.Writer.TryWrite(pending);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using ClientWebSocket socket = new();
                socket.Options.SetRequestHeader("Authorization", "Bearer " + _credential);
                await socket.ConnectAsync(_address, _stopping.Token);
                await SendAndReceiveAsync(socket);
            }
            catch (Exception e) when (e is WebSocketException or IOException or System.Net.Http.HttpRequestException or JsonException
            or OperationCanceledException)
            {
                // The connection broke or an answer cannot be decoded: the next connection sends the unanswered requests again.
                if (!_stopping.IsCancellationRequested)
                {
                    _failed($"{_address}: {e.GetBaseException().Message}");
                }
            }

            if (!_stopping.IsCancellationRequested)
            {
                await Task.Delay(ReconnectDelay, _stopping.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task SendAndReceiveAsync(ClientWebSocket socket)
    {
        using CancellationTokenSource broken = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        Task receiving = ReceiveAsync(socket, broken.Token);
        Task sending = SendAsync(socket, broken.Token);
        await await Task.WhenAny(receiving, sending);
        await broken.CancelAsync();
        socket.Abort();
        await Task.WhenAll(receiving, sending).ContinueWith(static done => done.Exception, TaskScheduler.Default);
    }

    private async Task SendAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        ArrayBufferWriter<byte> buffer = new(MaxMessageBytes);
        await using Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { SkipValidation = true });
        foreach (KeyValuePair<long, PendingAction> again in _unanswered.OrderBy(entry => entry.Key))
        {
            Append(buffer, writer, again.Key, again.Value);
            if (buffer.WrittenCount > MaxMessageBytes / 2)
            {
                await FlushAsync(socket, buffer, cancellation);
            }
        }

        do
        {
            while (buffer.WrittenCount < MaxMessageBytes / 2 && _queue.Reader.TryRead(out PendingAction? next))
            {
                long number = ++_lastNumber;
                _unanswered[number] = next;
                Append(buffer, writer, number, next);
            }

            await FlushAsync(socket, buffer, cancellation);
        }
        while (await _queue.Reader.WaitToReadAsync(cancellation));
    }

    private void Append(ArrayBufferWriter<byte> buffer, Utf8JsonWriter writer, long number, PendingAction pending)
    {
        if (buffer.WrittenCount > 0)
        {
            buffer.Write("\n"u8);
        }
        writer.Reset(buffer);
        _json.WriteFrame(writer, number, pending);
        writer.Flush();
    }

    private static async Task FlushAsync(ClientWebSocket socket, ArrayBufferWriter<byte> buffer, CancellationToken cancellation)
    {
        if (buffer.WrittenCount == 0)
        {
            return;
        }
        await socket.SendAsync(buffer.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellation);
        buffer.ResetWrittenCount();
    }

    private async Task ReceiveAsync(ClientWebSocket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[ReceiveBytes];
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(length), cancellation);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }
            length += received.Count;
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            if (!received.EndOfMessage)
            {
                continue;
            }
            HandleAnswers(buffer.AsSpan(0, length));
            length = 0;
        }
    }

    private void HandleAnswers(ReadOnlySpan<byte> message)
    {
        foreach (Range line in message.Split((byte)'\n'))
        {
            if (message[line].IsEmpty)
            {
                continue;
            }
            Answer answer = ActionJson.ReadAnswer(message[line], out long number);
            if (_unanswered.TryRemove(number, out PendingAction? pending))
            {
                _answered(pending, answer);
            }
        }
    }
}
