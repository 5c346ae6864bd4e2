using System.Net.WebSockets;
using Game.GameServer.Accounts;
using Game.GameServer.Actions;
using Game.GameServer.Addresses;

namespace Game.GameServer.Stream;

/// <summary>
/// One WebSocket of the game's world. One loop reads frames and publishes their actions in order; another sends answers as actions complete. When the window is
/// full, the first loop waits until the second has sent answers.
/// </summary>
internal sealed class StreamConnection(WebSocket socket, StreamServices services, CancellationToken stopping) : IActionObserver
{
    private readonly AnswerQueue _answers = new(socket, services.Limits.Window, services.Metrics);

    /// <summary>Serves the connection until either end closes it, the last request is answered and the close is done.</summary>
    public async Task RunAsync()
    {
        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stopping.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), stop);
        using (_answers)
        using (MessageReader reader = new(socket))
        {
            Task sending = _answers.SendLoopAsync();
            Task<WebSocketCloseStatus?> reading = ReadLoopAsync(reader);
            Task ended = await Task.WhenAny(reading, stop.Task);
            WebSocketCloseStatus? status = ended == reading ? await reading : WebSocketCloseStatus.EndpointUnavailable;
            await _answers.DrainAsync();
            await sending;
            await CloseAsync(status, reading, reader);
        }
    }

    public void Completed(PlayerAction action) => _answers.Add(action.RequestNumber, action.Outcome);

    /// <summary>The reason to close the connection with; null when it is broken already.</summary>
    private async Task<WebSocketCloseStatus?> ReadLoopAsync(MessageReader reader)
    {
        try
        {
            while (true)
            {
                WebSocketCloseStatus? status = await reader.ReadAsync();
                if (status is not null)
                {
                    return status;
                }
                // While the server stops, it ignores further requests: they get no answer, and the sender sends them again to another server.
                if (!stopping.IsCancellationRequested)
                {
                    await HandleMessageAsync(reader.Message);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) // while the window was full
        {
            return WebSocketCloseStatus.EndpointUnavailable;
        }
        catch (Exception e) when (IsBroken(e))
        {
            return null;
        }
    }

    // Cancelled: the socket was aborted.
    private static bool IsBroken(Exception e) => e is WebSocketException or IOException or OperationCanceledException;

    private async ValueTask HandleMessageAsync(ReadOnlyMemory<byte> message)
    {
        while (!message.IsEmpty)
        {
            int end = message.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> frame = end < 0 ? message : message[..end];
            message = end < 0 ? default : message[(end + 1)..];
            if (frame.Span.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r') < 0)
            {
                continue;
            }
            await _answers.OccupySlotAsync(stopping);
            if (stopping.IsCancellationRequested)
            {
                _answers.FreeSlot();
                return;
            }

            await HandleFrameAsync(frame);
        }
    }

    private async ValueTask HandleFrameAsync(ReadOnlyMemory<byte> frame)
    {
        StreamRequest? request = ReadFrame(frame.Span, out Problem? problem);
        if (request is null)
        {
            _answers.Add(frame.Length > RequestJson.MaxBytes ? null : RequestJson.FindNumber(frame.Span), problem!);
            return;
        }

        Decision decision = await DecideAsync(request);
        if (decision.Action is { } action)
        {
            services.Publisher.Publish(action.ObserveBy(this, request.N!.Value, services.Time.GetTimestamp()));
        }
        else
        {
            _answers.Add(request.N, decision.Refusal!);
        }
    }

    private static StreamRequest? ReadFrame(ReadOnlySpan<byte> frame, out Problem? problem)
    {
        if (frame.Length > RequestJson.MaxBytes)
        {
            problem = Problems.TooLarge;
            return null;
        }

        StreamRequest? request = RequestJson.Read(frame, ApiJsonContext.Default.StreamRequest, out problem);
        if (request is null || (request.N is { } n && RequestJson.IsNumber(n)))
        {
            return request;
        }
        problem = Problems.InvalidField("n", "The field 'n' is missing or is not between 0 and 2^53.");
        return null;
    }

    private ValueTask<Decision> DecideAsync(StreamRequest request)
    {
        if (request.Type is not ("login" or "trade"))
        {
            return Refuse(Problems.InvalidField("type", "The field 'type' is neither 'login' nor 'trade'."));
        }
        if (!IdempotencyKeys.TryParse(request.IdempotencyKey, out Guid key))
        {
            return Refuse(Problems.IdempotencyKey);
        }
        if (FieldOfTheOtherType(request) is { } field)
        {
            return Refuse(Problems.InvalidField(field, $"The field '{field}' does not belong to a {request.Type}."));
        }
        return request.Type == "login" ? LoginAsync(request, key) : ValueTask.FromResult(services.Trades.Decide(request.ToTrade(), key, request.Traceparent));
    }

    private static ValueTask<Decision> Refuse(Problem problem) => ValueTask.FromResult<Decision>(problem);

    private async ValueTask<Decision> LoginAsync(StreamRequest request, Guid key)
    {
        SessionRequest login = request.ToSession();
        if (LoginIntake.Check(login) is { } invalid)
        {
            return invalid;
        }
        if (request.ClientAddress is null || !ClientAddress.TryParse(request.ClientAddress, out ClientAddress address))
        {
            return Problems.InvalidField("client_address", "The field 'client_address' is missing or is no IPv4 or IPv6 address.");
        }
        LoginPlace place = services.Places.Find(login.UserId!, address.Value, login.DeviceId!);
        return await services.Logins.DecideAsync(login, key, address, place, request.Traceparent, CancellationToken.None);
    }

    /// <summary>The first field that belongs to the other type of frame and so is refused like an unknown one; null when there is none.</summary>
    private static string? FieldOfTheOtherType(StreamRequest request) => request.Type == "login"
        ? request switch
        {
            { TradeId: not null } => "trade_id",
            { Channel: not null } => "channel",
            { ItemId: not null } => "item_id",
            { ItemValue: not null } => "item_value",
            { First: not null } => "first",
            { Second: not null } => "second",
            _ => null,
        }
        : request switch
        {
            { UserId: not null } => "user_id",
            { Secret: not null } => "secret",
            { DeviceId: not null } => "device_id",
            { ClientVersion: not null } => "client_version",
            { ClientAddress: not null } => "client_address",
            _ => null,
        };

    private async Task CloseAsync(WebSocketCloseStatus? status, Task<WebSocketCloseStatus?> reading, MessageReader reader)
    {
        try
        {
            if (status is { } code && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(code, null, CancellationToken.None).WaitAsync(StreamLimits.CloseTimeout, services.Time);
            }
            // Reads what the other end still sends until it closes: otherwise the connection could be reset before the other end has our close frame.
            Task ending = reading.IsCompleted ? DiscardAsync(reader) : reading;
            await ending.WaitAsync(StreamLimits.CloseTimeout, services.Time);
        }
        catch (Exception e) when (IsBroken(e) || e is TimeoutException) // the other end has disconnected, or does not answer
        {
        }

        // Ends a read that still waits. Where none waits, nothing is aborted, because a reset of the connection could overtake the close frame.
        if (!reading.IsCompleted)
        {
            socket.Abort();
        }
        await reading;
    }

    private async Task DiscardAsync(MessageReader reader)
    {
        while (socket.State == WebSocketState.CloseSent && await reader.ReadAsync() != WebSocketCloseStatus.NormalClosure)
        {
            // A request that is not answered: the sender sends it again.
        }
    }
}
