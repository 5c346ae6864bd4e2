using System.Net;
using Broker.Protocol;
using Broker.Server.Config;
using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>
/// One client's connection: a reading loop that dispatches requests in arrival order, and a writing loop that answers them in that order. The reading loop
/// stops reading while a request may not be dispatched yet, which is the back-pressure.
/// </summary>
internal sealed class Connection : IRequestConnection
{
    private readonly ConnectionServices _services;
    private readonly Transport _transport;
    private readonly CancellationTokenSource _clientEnded = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly FrameReader _frames;
    private readonly ResponseQueue _responses = new();
    private readonly ProtocolWriter _writer = new();
    private readonly List<PendingResponse> _answering = [];
    private long _lastUse;
    private volatile bool _waitsToDispatch;
    private long _throttledUntil;
    private ITimer? _release;
    private int _releaseIsDue;
    private ProgressMark _mark;
    private string? _closeReason;

    public Connection(long id, Listener listener, IPAddress remoteAddress, Transport transport, ConnectionServices services)
    {
        Id = id;
        Listener = listener;
        RemoteAddress = remoteAddress;
        _transport = transport;
        _services = services;
        _frames = new FrameReader(transport, services.Options, services.LargeFrames, BeforeLargeFrame, _closed.Token);
        _lastUse = services.Time.GetTimestamp();
        ClientEnded = _clientEnded.Token;
        Closed = _closed.Token;
    }

    public long Id { get; }

    public Listener Listener { get; }

    public IPAddress RemoteAddress { get; }

    /// <summary>Every client is anonymous until SASL or TLS authenticates it.</summary>
    public string Principal => "User:ANONYMOUS";

    public CancellationToken ClientEnded { get; }

    public CancellationToken Closed { get; }

    /// <summary>Serves the connection to its end; the task never fails.</summary>
    public async Task Run()
    {
        Task writing = WriteAll();
        await ReadAll();
        _responses.End();
        await writing;
        if (_release is not null)
        {
            await _release.DisposeAsync();
        }

        _writer.Dispose();
    }

    public void Close(string reason)
    {
        if (TryClose(reason))
        {
            NetworkLog.Closing(_services.Log, Id, RemoteAddress, reason);
        }
    }

    private void CloseViolating(string reason)
    {
        _services.Metrics.Malformed();
        if (TryClose(reason))
        {
            NetworkLog.Violation(_services.Log, Id, RemoteAddress, reason);
        }
    }

    private void CloseEnded(string reason)
    {
        if (TryClose(reason))
        {
            NetworkLog.Ended(_services.Log, Id, RemoteAddress, reason);
        }
    }

    private bool TryClose(string reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, reason, comparand: null) is not null)
        {
            return false;
        }
        _transport.Dispose();
        CancelWaits();
        _ = _closed.CancelAsync();
        return true;
    }

    /// <summary>The client reads no more answers: cancels the handlers that wait on its behalf.</summary>
    private void CancelWaits()
    {
        // Cancelled on another thread: the handlers' registrations run there, and this caller may hold a lock that they need.
        if (!_clientEnded.IsCancellationRequested)
        {
            _ = _clientEnded.CancelAsync();
        }
    }

    /// <summary>
    /// Closes the connection when no byte has been received or sent for too long, whatever it waits for, as Kafka does, or when a large frame makes no
    /// progress; cancels the waits of a client that has disconnected. The sweep calls it, never twice at once.
    /// </summary>
    public void Sweep(long now)
    {
        long progress = _frames.Received + _transport.Sent;
        if (progress != _mark.AnyBytes)
        {
            _lastUse = now;
        }
        _mark = _mark with { AnyBytes = progress };
        TimeSpan maxIdle = _services.Options.MaxIdle;
        if (maxIdle > TimeSpan.Zero && _services.Time.GetElapsedTime(_lastUse, now) > maxIdle)
        {
            Close("it was idle for longer than connections.max.idle.ms");
        }
        else
        {
            SweepLargeFrame(now);
        }
        // A reading loop that waits to dispatch does not read the socket, so it cannot see that the peer has disconnected.
        if (_waitsToDispatch && _transport.PeerHasEnded)
        {
            CancelWaits();
        }
    }

    private void SweepLargeFrame(long now)
    {
        int length = _frames.ArrivingBytes;
        if (length == 0)
        {
            _mark = _mark with { WindowStart = 0 };
            return;
        }

        bool othersWait = _services.LargeFrames.Waiting > 0;
        long needed = othersWait ? Math.Max(NetworkOptions.ProgressBytes, (long)(length * (NetworkOptions.ProgressTime / NetworkOptions.MaxArrivalTime)))
            : NetworkOptions.ProgressBytes;
        long arrived = _frames.Received - _mark.WindowBytes;
        if (_mark.WindowStart == 0 || arrived >= needed)
        {
            _mark = _mark with { WindowStart = now, WindowBytes = _frames.Received };
        }
        else if (_services.Time.GetElapsedTime(_mark.WindowStart, now) >= NetworkOptions.ProgressTime)
        {
            Close($"a request of {length} bytes made no progress: {arrived} bytes in {NetworkOptions.ProgressTime.TotalSeconds} s"
                + (othersWait ? ", too few while other requests wait for its part of queued.max.request.bytes" : ""));
        }
    }

    private async Task ReadAll()
    {
        try
        {
            while (await NextFrame() is { } frame)
            {
                _services.Metrics.Received(frame.Length + 4);
                await Dispatch(frame, _services.Time.GetTimestamp());
                _frames.Done();
            }

            CancelWaits();
            await _responses.WaitUntilAllAnswered();
            CloseEnded("the client closed it");
        }
        catch (Exception e) when (e is FramingException or MalformedMessageException)
        {
            CloseViolating(e.Message);
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            CloseEnded("the client has disconnected");
        }
#pragma warning disable CA1031 // The top of the connection's loop: a fault of one handler ends this connection, not the broker.
        catch (Exception e)
#pragma warning restore CA1031
        {
            NetworkLog.DispatchFailed(_services.Log, e, Id);
            Close("the dispatch of a request failed");
        }

        _frames.Dispose();
    }

    /// <summary>Lets the writing loop write the answers that are ready before this loop waits for bytes.</summary>
    private ValueTask<Memory<byte>?> NextFrame()
    {
        if (!_frames.HasNext)
        {
            _responses.Wake();
        }
        return _frames.Next();
    }

    private async ValueTask Dispatch(Memory<byte> frame, long arrivedAt)
    {
        RequestStart start = RequestStart.Read(frame, _services.Apis);
        await WaitToDispatch(start.Api);
        RequestContext context = new(this, start.Api.Key, start.Header.ApiVersion, start.Header.CorrelationId, start.Header.ClientId);
        ScheduleRelease();
        ValueTask<IMessage?> response = start.Dispatch(frame, context);
        if (context.Dispatching is { } dispatching)
        {
            _responses.Wake();
            await dispatching;
        }

        if (context.ThrottleTimeMs > 0)
        {
            Throttle(context.ThrottleTimeMs);
        }
        _responses.Add(new PendingResponse(start.Api, context, response, start.ResponseVersion, arrivedAt));
    }

    /// <summary>
    /// Bounds how long completed answers wait to be sent together with those of later requests: a slow disk may block the dispatch of a later request.
    /// </summary>
    private void ScheduleRelease()
    {
        if (!_responses.HasHeldBack || Interlocked.Exchange(ref _releaseIsDue, 1) != 0)
        {
            return;
        }

        _release ??= _services.Time.CreateTimer(
            static connection => ((Connection)connection!).ReleaseAnswers(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _release.Change(NetworkOptions.MaxAnswerDelay, Timeout.InfiniteTimeSpan);
    }

    private void ReleaseAnswers()
    {
        Volatile.Write(ref _releaseIsDue, 0);
        _responses.Wake();
    }

    /// <summary>
    /// Reads a large frame only when its request may be dispatched: a request that has reserved memory must not wait for the answers of others.
    /// </summary>
    private ValueTask BeforeLargeFrame(ReadOnlyMemory<byte> head) => WaitToDispatch(RequestStart.ApiOf(head.Span, _services.Apis));

    private async ValueTask WaitToDispatch(Api api)
    {
        _waitsToDispatch = true;
        await _responses.WaitToDispatch(api);
        _waitsToDispatch = false;
        await WaitForThrottle();
        if (_closeReason is not null)
        {
            throw new OperationCanceledException();
        }
    }

    private async Task WriteAll()
    {
        while (await _responses.Next() is { } first)
        {
            await AnswerFrom(first);
            foreach (PendingResponse answered in _answering)
            {
                _services.Metrics.Answered(answered.Api, answered.ArrivedAt, _services.Time);
            }
            _responses.NoteAnswered(_answering);
            _answering.Clear();
        }
    }

    /// <summary>Answers a request, and the later ones whose answers are ready, with one write.</summary>
    private async ValueTask AnswerFrom(PendingResponse first)
    {
        try
        {
            await AddToWriter(first);
            while (MayCoalesce && _responses.NextIfReady() is { } next)
            {
                await AddToWriter(next);
            }
            if (_closeReason is not null || _writer.BufferedLength == 0)
            {
                return;
            }
            await _services.Sender.Send(_transport, _writer);
            _services.Metrics.Sent(_writer.Length);
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            CloseEnded($"the answer could not be sent: {e.Message}");
        }
#pragma warning disable CA1031 // The top of the connection's loop: a fault of one answer, or of the disk under it, ends this connection, not the broker.
        catch (Exception e)
#pragma warning restore CA1031
        {
            NetworkLog.SendFailed(_services.Log, e, Id);
            Close("an answer could not be sent");
        }
        finally
        {
            for (int i = 0; i < _writer.Deferred.Count; i++)
            {
                _writer.Deferred[i].Payload.Dispose();
            }
            _writer.Reset();
        }
    }

    private bool MayCoalesce => _writer.Deferred.Count == 0 && _writer.BufferedLength < NetworkOptions.CoalescedBytes && _closeReason is null;

    /// <summary>
    /// Waits for an answer and writes its frame into the writer, even if the connection is closed: so the caller finds the answer's payloads and disposes of
    /// them.
    /// </summary>
    private async ValueTask AddToWriter(PendingResponse pending)
    {
        _answering.Add(pending);
        try
        {
            if (await AnswerOf(pending) is { } response)
            {
                WriteFrame(_writer, pending, response);
            }
            // A Produce sets its throttle time while it is dispatched; every other request, ahead of which no request runs, has set it by now.
            if (pending.Context.ThrottleTimeMs > 0)
            {
                Throttle(pending.Context.ThrottleTimeMs);
            }
        }
        catch (OperationCanceledException) when (_closeReason is not null || _clientEnded.IsCancellationRequested)
        {
            // The connection is closed, or the handler has seen that the client has disconnected. Without this answer no later one can be sent.
            CloseEnded("the client closed it before its answer was sent");
        }
#pragma warning disable CA1031 // The top of the connection's loop: a fault of one handler ends this connection, not the broker.
        catch (Exception e)
#pragma warning restore CA1031
        {
            NetworkLog.HandlerFailed(_services.Log, e, pending.Api.Key, pending.Context.ApiVersion, Id);
            Close("the handling of a request failed");
        }
    }

    private ValueTask<IMessage?> AnswerOf(PendingResponse pending) => pending.Response.IsCompleted ? pending.Response : AnswerUnlessClosed(pending);

    /// <summary>Stops waiting when the connection is closed: an answer may take days.</summary>
    private async ValueTask<IMessage?> AnswerUnlessClosed(PendingResponse pending)
    {
        Task<IMessage?> answer = pending.Response.AsTask();
        try
        {
            return await answer.WaitAsync(_closed.Token);
        }
        catch (OperationCanceledException) when (_closeReason is not null)
        {
            _ = DisposeWhenAnswered(pending, answer);
            throw;
        }
    }

    /// <summary>Waits for an answer that cannot be sent any more, and disposes of its payloads.</summary>
    private async Task DisposeWhenAnswered(PendingResponse pending, Task<IMessage?> answer)
    {
        try
        {
            using ProtocolWriter nowhere = new();
            if (await answer is { } response)
            {
                WriteFrame(nowhere, pending, response);
            }
            for (int i = 0; i < nowhere.Deferred.Count; i++)
            {
                nowhere.Deferred[i].Payload.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // The handler has seen that the connection is closed.
        }
#pragma warning disable CA1031 // The top of an unawaited task: a fault of a request whose connection is closed is only logged.
        catch (Exception e)
#pragma warning restore CA1031
        {
            NetworkLog.HandlerFailed(_services.Log, e, pending.Api.Key, pending.Context.ApiVersion, Id);
        }
    }

    private static void WriteFrame(ProtocolWriter writer, PendingResponse pending, IMessage response)
    {
        int start = writer.BufferedLength;
        writer.WriteInt32(0);
        new ResponseHeader(pending.Context.CorrelationId).Write(writer, HeaderVersions.OfResponse(pending.Api.Key, pending.ResponseVersion));
        response.Write(writer, pending.ResponseVersion);
        writer.PatchInt32(start, writer.Length - start - 4);
    }

    private void Throttle(int milliseconds)
    {
        long until = _services.Time.GetTimestamp() + (milliseconds * _services.Time.TimestampFrequency / 1000);
        if (until > Volatile.Read(ref _throttledUntil))
        {
            Volatile.Write(ref _throttledUntil, until);
        }
    }

    private async ValueTask WaitForThrottle()
    {
        while (Volatile.Read(ref _throttledUntil) is var until and not 0)
        {
            long now = _services.Time.GetTimestamp();
            if (now >= until)
            {
                Interlocked.CompareExchange(ref _throttledUntil, 0, until);
                return;
            }

            _responses.Wake();
            await Task.Delay(_services.Time.GetElapsedTime(now, until) + TimeSpan.FromMilliseconds(1), _services.Time, _closed.Token);
        }
    }

    /// <summary>The progress that the last sweep saw.</summary>
    private readonly record struct ProgressMark(long AnyBytes, long WindowStart, long WindowBytes);
}
