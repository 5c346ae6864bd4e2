using System.Net;
using Broker.Protocol;
using Broker.Server.Apis;

namespace Broker.Server.Network;

/// <summary>
/// One client's connection: a reading loop that dispatches requests in arrival order, and a writing loop that answers them in that order.
/// The reading loop stops reading while it waits for a request's turn, which is the back-pressure.
/// </summary>
internal sealed class Connection : IRequestConnection
{
    private readonly ConnectionServices _services;
    private readonly Transport _transport;
    private readonly CancellationTokenSource _closed = new();
    private readonly FrameReader _frames;
    private readonly ResponseQueue _responses = new();
    private readonly ProtocolWriter _writer = new();
    private readonly List<PendingResponse> _answering = [];
    private readonly Action _wake;
    private long _lastUse;
    private long _sent;
    private long _throttledUntil;
    private ProgressMark _mark;
    private string? _closeReason;

    public Connection(long id, Listener listener, IPAddress remoteAddress, Transport transport, ConnectionServices services)
    {
        Id = id;
        Listener = listener;
        RemoteAddress = remoteAddress;
        _transport = transport;
        _services = services;
        _frames = new FrameReader(transport, services.Options, services.LargeFrames, _closed.Token);
        _lastUse = services.Time.GetTimestamp();
        Closed = _closed.Token;
        _wake = _responses.Wake;
    }

    public long Id { get; }

    public Listener Listener { get; }

    public IPAddress RemoteAddress { get; }

    /// <summary>Nobody in particular, until SASL or TLS names someone.</summary>
    public string Principal => "User:ANONYMOUS";

    public CancellationToken Closed { get; }

    /// <summary>Serves the connection to its end; the task never fails.</summary>
    public async Task Run()
    {
        Task writing = WriteAll();
        await ReadAll();
        _responses.End();
        await writing;
        _writer.Dispose();
        _closed.Dispose();
    }

    public void Close(string reason)
    {
        if (Shut(reason)) NetworkLog.Closing(_services.Log, Id, RemoteAddress, reason);
    }

    private void CloseViolating(string reason)
    {
        _services.Metrics.Malformed();
        if (Shut(reason)) NetworkLog.Violation(_services.Log, Id, RemoteAddress, reason);
    }

    private void CloseEnded(string reason)
    {
        if (Shut(reason)) NetworkLog.Ended(_services.Log, Id, RemoteAddress, reason);
    }

    private bool Shut(string reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, reason, comparand: null) is not null) return false;
        _transport.Dispose();
        // Off this thread: handlers' registrations run on it, and the caller may hold what they need.
        _ = _closed.CancelAsync();
        return true;
    }

    /// <summary>Closes the connection when it has been idle for too long, or a large frame is stuck. Called by the sweep, one at a time.</summary>
    public void Sweep(long now)
    {
        long progress = _frames.Received + Volatile.Read(ref _sent);
        if (progress != _mark.AnyBytes || _responses.Count > 0) _lastUse = now;
        _mark = _mark with { AnyBytes = progress };
        TimeSpan maxIdle = _services.Options.MaxIdle;
        if (maxIdle > TimeSpan.Zero && _services.Time.GetElapsedTime(_lastUse, now) > maxIdle) Close("it was idle for longer than connections.max.idle.ms");
        else SweepLargeFrame(now);
    }

    private void SweepLargeFrame(long now)
    {
        if (!_frames.InsideLarge)
        {
            _mark = _mark with { WindowStart = 0 };
            return;
        }

        if (_mark.WindowStart == 0 || _frames.Received - _mark.WindowBytes >= NetworkOptions.ProgressBytes)
        {
            _mark = _mark with { WindowStart = now, WindowBytes = _frames.Received };
        }
        else if (_services.Time.GetElapsedTime(_mark.WindowStart, now) >= NetworkOptions.ProgressTime)
        {
            Close("a large request made no progress");
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

            await _responses.AllAnswered();
            CloseEnded("the client ended it");
        }
        catch (Exception e) when (e is FramingException or MalformedMessageException)
        {
            CloseViolating(e.Message);
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            CloseEnded("the client has gone");
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

    /// <summary>Before it waits for bytes, the writing loop gets to write what is ready.</summary>
    private ValueTask<Memory<byte>?> NextFrame()
    {
        if (!_frames.HasNext) _responses.Wake();
        return _frames.Next();
    }

    private async ValueTask Dispatch(Memory<byte> frame, long arrivedAt)
    {
        RequestStart start = RequestStart.Read(frame, _services.Apis);
        await _responses.Turn(start.Api);
        await ThrottleOver();
        if (_closeReason is not null) throw new OperationCanceledException();
        var context = new RequestContext(this, start.Api.Key, start.Header.ApiVersion, start.Header.CorrelationId, start.Header.ClientId);
        ValueTask<IMessage?> response = await Begin(start, frame, context);
        if (context.ThrottleTimeMs > 0) Throttle(context.ThrottleTimeMs);
        _responses.Add(new PendingResponse(start.Api, context, response, start.ResponseVersion, arrivedAt, frame.Length));
    }

    private async ValueTask<ValueTask<IMessage?>> Begin(RequestStart start, Memory<byte> frame, RequestContext context)
    {
        if (!start.Api.MayRunAhead) return start.Dispatch(frame, context);
        int place = await _services.Appends.Enter(_wake, Closed);
        try
        {
            return start.Dispatch(frame, context);
        }
        finally
        {
            _services.Appends.Leave(place);
        }
    }

    private async Task WriteAll()
    {
        while (await _responses.Next() is { } first)
        {
            await AnswerFrom(first);
            foreach (PendingResponse answered in _answering) _services.Metrics.Answered(answered.Api, answered.ArrivedAt, _services.Time);
            _responses.Answered(_answering);
            _answering.Clear();
        }
    }

    /// <summary>Answers a request, and those behind it that are ready too, with one write.</summary>
    private async ValueTask AnswerFrom(PendingResponse first)
    {
        try
        {
            await AddToWriter(first);
            while (MayCoalesce && _responses.NextIfReady() is { } next) await AddToWriter(next);
            if (_closeReason is not null || _writer.BufferedLength == 0) return;
            int length = _writer.Length;
            await _services.Sender.Send(_transport, _writer);
            Volatile.Write(ref _sent, _sent + length);
            _services.Metrics.Sent(length);
        }
        catch (Exception e) when (Transport.IsEnd(e))
        {
            CloseEnded($"the answer could not be sent: {e.Message}");
        }
        finally
        {
            for (int i = 0; i < _writer.Deferred.Count; i++) _writer.Deferred[i].Payload.Dispose();
            _writer.Reset();
        }
    }

    private bool MayCoalesce => _writer.Deferred.Count == 0 && _writer.BufferedLength < NetworkOptions.CoalescedBytes && _closeReason is null;

    /// <summary>Waits for an answer and writes its frame into the writer, even if nobody will get it: so its payloads are found and given back.</summary>
    private async ValueTask AddToWriter(PendingResponse pending)
    {
        _answering.Add(pending);
        try
        {
            if (await pending.Response is { } response) WriteFrame(pending, response);
            // A Produce earns it in its dispatch; all others, before which nothing runs ahead, by now.
            if (pending.Context.ThrottleTimeMs > 0) Throttle(pending.Context.ThrottleTimeMs);
        }
        catch (OperationCanceledException) when (_closeReason is not null)
        {
            // The handler has noticed that nobody waits any more.
        }
#pragma warning disable CA1031 // The top of the connection's loop: a fault of one handler ends this connection, not the broker.
        catch (Exception e)
#pragma warning restore CA1031
        {
            NetworkLog.HandlerFailed(_services.Log, e, pending.Api.Key, pending.Context.ApiVersion, Id);
            Close("the handling of a request failed");
        }
    }

    private void WriteFrame(PendingResponse pending, IMessage response)
    {
        int start = _writer.BufferedLength;
        _writer.WriteInt32(0);
        new ResponseHeader(pending.Context.CorrelationId).Write(_writer, HeaderVersions.OfResponse(pending.Api.Key, pending.ResponseVersion));
        response.Write(_writer, pending.ResponseVersion);
        _writer.PatchInt32(start, _writer.Length - start - 4);
    }

    private void Throttle(int milliseconds)
    {
        long until = _services.Time.GetTimestamp() + (milliseconds * _services.Time.TimestampFrequency / 1000);
        if (until > Volatile.Read(ref _throttledUntil)) Volatile.Write(ref _throttledUntil, until);
    }

    private async ValueTask ThrottleOver()
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
            await Task.Delay(_services.Time.GetElapsedTime(now, until) + TimeSpan.FromMilliseconds(1), _services.Time, Closed);
        }
    }

    /// <summary>What the sweep saw last.</summary>
    private readonly record struct ProgressMark(long AnyBytes, long WindowStart, long WindowBytes);
}
