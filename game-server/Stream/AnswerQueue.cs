using System.Net.WebSockets;
using System.Threading.Channels;
using Game.GameServer.Actions;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Stream;

/// <summary>
/// A stream's answers and its window. A request takes a place in the window before it is handled, and its place is free again when its answer is sent, so there
/// are never more unsent answers than the window has places.
/// </summary>
internal sealed class AnswerQueue(WebSocket socket, int window, ServerMetrics metrics) : IDisposable
{
    private readonly SemaphoreSlim _places = new(window, window);

    // The channel has no bound of its own: the window bounds it.
    private readonly Channel<(long? Number, Answer Answer)> _ready = Channel.CreateUnbounded<(long?, Answer)>(new() { SingleReader = true });

    private bool _broken;

    /// <summary>Waits for a place in the window. One caller at a time.</summary>
    public Task TakePlaceAsync(CancellationToken cancellation) => _places.WaitAsync(cancellation);

    /// <summary>Gives back the place of a request that will not be answered.</summary>
    public void GiveBackPlace() => _places.Release();

    /// <summary>Answers a request that has a place. Any thread; does not block.</summary>
    public void Add(long? number, Answer answer) => _ready.Writer.TryWrite((number, answer));

    /// <summary>Waits until every request that took a place is answered, then ends the sending loop.</summary>
    public async Task DrainAsync()
    {
        for (int i = 0; i < window; i++)
        {
            await _places.WaitAsync();
        }
        _ready.Writer.Complete();
    }

    /// <summary>Sends answers until <see cref="DrainAsync"/>. When the connection breaks, drops the remaining answers.</summary>
    public async Task SendLoopAsync()
    {
        using AnswerWriter writer = new();
        while (await _ready.Reader.WaitToReadAsync())
        {
            writer.Clear();
            int count = 0;
            while (writer.Written.Length < StreamLimits.AnswerBatchBytes && _ready.Reader.TryRead(out (long? Number, Answer Answer) next))
            {
                writer.WriteFrame(next.Number, next.Answer);
                metrics.AnsweredOnStream(next.Answer.Status);
                count++;
            }

            await SendAsync(writer.Written);
            _places.Release(count);
        }
    }

    public void Dispose() => _places.Dispose();

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        if (_broken)
        {
            return;
        }
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException) // the other end is gone, or has closed
        {
            _broken = true;
            socket.Abort();
        }
    }
}
