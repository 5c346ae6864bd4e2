using System.Net.Sockets;
using Broker.Protocol;

namespace Broker.Server.InterBroker;

/// <summary>One connection over TCP. While no call waits it holds a socket at most, and a small buffer.</summary>
internal sealed class SocketBrokerConnection(string host, int port, string clientId, int maxResponseBytes, TimeProvider time) : IBrokerConnection
{
    private readonly CancellationTokenSource _disposed = new();
    private readonly ProtocolWriter _writer = new();
    private readonly ResponseBuffer _responses = new(maxResponseBytes);
    private Socket? _socket;
    private int _correlationId;

    public async ValueTask<TResponse> Send<TRequest, TResponse>(TRequest request, short version, TimeSpan timeout, CancellationToken cancellation)
        where TRequest : IRequest<TRequest>
        where TResponse : IMessage<TResponse>
    {
        using CancellationTokenSource end = new(timeout, time);
        await using CancellationTokenRegistration cancelled = cancellation.UnsafeRegister(Cancel, end);
        await using CancellationTokenRegistration disposed = _disposed.Token.UnsafeRegister(Cancel, end);
        bool isAnswered = false;
        try
        {
            Encode(request, version);
            TResponse response = Decode<TRequest, TResponse>(await Exchange(end.Token), version);
            isAnswered = true;
            return response;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or MalformedMessageException)
        {
            cancellation.ThrowIfCancellationRequested();
            _disposed.Token.ThrowIfCancellationRequested();
            throw new BrokerUnreachableException(host, port, end.IsCancellationRequested ? $"{timeout.TotalMilliseconds} ms have passed" : e.Message, e);
        }
        finally
        {
            _writer.Reset();
            if (!isAnswered)
            {
                Close();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        Close();
    }

    private static void Cancel(object? end) => ((CancellationTokenSource)end!).Cancel();

    private void Encode<TRequest>(TRequest request, short version)
        where TRequest : IRequest<TRequest>
    {
        _writer.WriteInt32(0);
        new RequestHeader(TRequest.Key, version, ++_correlationId, clientId).Write(_writer, HeaderVersions.OfRequest(TRequest.Key, version));
        request.Write(_writer, version);
        _writer.PatchInt32(0, _writer.Length - sizeof(int));
    }

    private TResponse Decode<TRequest, TResponse>(Memory<byte> frame, short version)
        where TRequest : IRequest<TRequest>
        where TResponse : IMessage<TResponse>
    {
        ProtocolReader reader = new(frame);
        int correlationId = ResponseHeader.Read(ref reader, HeaderVersions.OfResponse(TRequest.Key, version)).CorrelationId;
        if (correlationId != _correlationId)
        {
            throw new MalformedMessageException($"the correlation id is {correlationId} instead of {_correlationId}");
        }

        TResponse response = TResponse.Read(ref reader, version);
        return reader.Remaining == 0 ? response : throw new MalformedMessageException($"{reader.Remaining} bytes are left over");
    }

    /// <summary>Sends the encoded request and returns the frame of its response, which is valid until the next call.</summary>
    private async ValueTask<Memory<byte>> Exchange(CancellationToken end)
    {
        Socket socket = Connected() ?? await Connect(end);
        for (int i = 0; i < _writer.ChunkCount; i++)
        {
            ReadOnlyMemory<byte> rest = _writer.Chunk(i);
            while (!rest.IsEmpty)
            {
                rest = rest[await socket.SendAsync(rest, SocketFlags.None, end)..];
            }
        }

        return await _responses.Receive(socket, end);
    }

    /// <summary>The socket of the last call; null where there is none, or where the peer has closed it since then (an idle one, or by a restart).</summary>
    private Socket? Connected()
    {
        if (_socket is { } socket && socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
        {
            Close();
        }
        return _socket;
    }

    private async ValueTask<Socket> Connect(CancellationToken end)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, end);
        }
        catch
        {
            // Not this connection's yet, so that Close would not reach it.
            socket.Dispose();
            throw;
        }

        _socket = socket;
        end.ThrowIfCancellationRequested();
        return socket;
    }

    private void Close() => Interlocked.Exchange(ref _socket, null)?.Dispose();
}
