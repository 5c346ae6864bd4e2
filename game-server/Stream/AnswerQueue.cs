using System.Net.WebSockets;
using System.Threading.Channels;
using Game.GameServer.Actions;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Stream;

/// <summary>
/// A stream's answers and its window. A request gets a slot of the window before it is handled, and the slot is free again when its answer is sent. So there
/// are never more unsent answers than slots.
/// </summary>
internal sealed class AnswerQueue(WebSocket socket, int window, ServerMetrics metrics) : IDisposable
{
    private readonly SemaphoreSlim _slots = new(window, window);

    // The channel has no bound of its own: the window bounds it.
    private readonly Channel<(long? Number, Answer Answer)> _ready = Channel.CreateUnbounded<(long?, Answer)>(new() { SingleReader = true });

    private bool _broken;

    /// <summary>Waits for a free slot of the window and occupies it. One caller at a time.</summary>
    public Task OccupySlotAsync(CancellationToken cancellation) => _slots.WaitAsync(cancellation);

    /// <summary>Frees the slot of a request that will not be answered.</summary>
    public void FreeSlot() => _slots.Release();

    /// <summary>Answers a request that has a slot. Any thread; does not block.</summary>
    public void Add(long? number, Answer answer) => _ready.Writer.TryWrite((number, answer));

    /// <summary>Waits until every request that has a slot is answered, then ends the sending loop.</summary>
    public async Task DrainAsync()
    {
        for (int i = 0; i < window; i++)
        {
            await _slots.WaitAsync();
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
            _slots.Release(count);
        }
    }

    public void Dispose() => _slots.Dispose();

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
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException) // the other end has disconnected or closed
        {
            _broken = true;
            socket.Abort();
        }
    }
}
