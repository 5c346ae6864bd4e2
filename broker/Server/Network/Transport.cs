using System.Net.Sockets;
using System.Runtime.InteropServices;
using Broker.Server.Requests;

namespace Broker.Server.Network;

/// <summary>
/// The bytes of one connection. One reader and one writer at a time. TLS would be another transport, over a stream. A broken or aborted connection shows as
/// <see cref="SocketException"/>, alone or within an <see cref="IOException"/>, or as <see cref="ObjectDisposedException"/>.
/// </summary>
internal abstract class Transport : IDisposable
{
    private long _sent;

    /// <summary>Bytes handed to the system so far. Any thread.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>
    /// Whether the peer has shut down its sending side, even behind unread bytes, where <see cref="WaitReadable"/> does not see it. A system call; any thread.
    /// </summary>
    public virtual bool PeerHasEnded => false;

    /// <summary>Completes when there is something to read (or the end), holding no buffer meanwhile.</summary>
    public abstract ValueTask WaitReadable();

    /// <summary>Reads at least one byte; 0 is the end.</summary>
    public abstract ValueTask<int> Read(Memory<byte> destination);

    /// <summary>Completes when all bytes have been handed to the system.</summary>
    public abstract ValueTask Write(ReadOnlyMemory<byte> bytes);

    /// <summary>Sends records as <see cref="StreamedRecords.SendTo"/> does; null also where bytes have to pass through <see cref="Write"/>.</summary>
    public virtual int? SendDirectly(StreamedRecords records, int position, int count) => null;

    /// <summary>
    /// Corks or uncorks the socket: a corked one sends full packets only, so that the parts of one response share packets. The end of the response must uncork
    /// it.
    /// </summary>
    public virtual void SetCorked(bool corked)
    {
    }

    /// <summary>
    /// After <see cref="SendDirectly"/>: completes when the socket has room again, perhaps on a thread that other connections share
    /// (<see cref="SocketWaits.IsSharedThread"/>).
    /// </summary>
    public virtual ValueTask WaitWritable() => ValueTask.CompletedTask;

    /// <summary>Ends the connection and all pending calls. Any thread, any number of times.</summary>
    public abstract void Dispose();

    /// <summary>Whether an exception means only that the peer or this side has closed the connection. A disk's failure does not count.</summary>
    public static bool IsEnd(Exception e)
        => e is SocketException or IOException { InnerException: SocketException } or ObjectDisposedException or OperationCanceledException;

    /// <summary>Counts bytes that have been handed to the system. For the one writer.</summary>
    protected void NoteSent(int bytes) => Volatile.Write(ref _sent, _sent + bytes);
}

/// <summary>
/// A plain TCP connection. The framework's socket owns the connection and reads and writes without blocking; <see cref="SocketWaits"/> does the waiting.
/// </summary>
internal sealed class SocketTransport : Transport
{
    private const int Open = 0;
    private const int Sending = 1;
    private const int Closed = 2;

    // From Linux's netinet/in.h and netinet/tcp.h.
    private const int IpProtocolTcp = 6;
    private const int TcpCork = 3;

    private readonly Socket _socket;
    private readonly SocketWaits _readable;
    private readonly SocketWaits _drained;
    private readonly long _readableId;
    private readonly long _drainedId;
    private bool _wasEmptied;
    private int _state;

    public SocketTransport(Socket socket, SocketWaits readable, SocketWaits drained)
    {
        socket.Blocking = false;
        _socket = socket;
        _readable = readable;
        _drained = drained;
        _readableId = readable.NextId();
        _drainedId = drained.NextId();
    }

    public override bool PeerHasEnded => LinuxPoll.PeerHasEnded(_socket.SafeHandle);

    public override ValueTask WaitReadable()
    {
        Span<byte> first = stackalloc byte[1];
        return _wasEmptied || TryReceive(first, SocketFlags.Peek) is null ? _readable.Wait(_readableId, _socket.SafeHandle) : ValueTask.CompletedTask;
    }

    public override ValueTask<int> Read(Memory<byte> destination)
        => TryReceive(destination.Span, SocketFlags.None) is { } received ? new ValueTask<int>(received) : ReadWhenReadable(destination);

    public override ValueTask Write(ReadOnlyMemory<byte> bytes)
    {
        int sent = TrySend(bytes.Span);
        return sent == bytes.Length ? ValueTask.CompletedTask : WriteWhenWritable(bytes[sent..]);
    }

    public override void SetCorked(bool corked)
    {
        int value = corked ? 1 : 0;
        _socket.SetRawSocketOption(IpProtocolTcp, TcpCork, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
    }

    public override ValueTask WaitWritable() => _drained.Wait(_drainedId, _socket.SafeHandle);

    public override int? SendDirectly(StreamedRecords records, int position, int count)
    {
        ObjectDisposedException.ThrowIf(Interlocked.CompareExchange(ref _state, Sending, Open) != Open, this);
        try
        {
            int? sent = records.SendTo(_socket.SafeHandle, position, count);
            NoteSent(sent ?? 0);
            return sent;
        }
        finally
        {
            if (Interlocked.CompareExchange(ref _state, Open, Sending) != Sending)
            {
                Release();
            }
        }
    }

    /// <summary>Never waits for a running send from a disk, as closing the socket would: then the sending thread closes the socket afterwards.</summary>
    public override void Dispose()
    {
        int was = Interlocked.Exchange(ref _state, Closed);
        if (was == Open)
        {
            Release();
        }
        else if (was == Sending)
        {
            Shut();
        }
    }

    private void Shut()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The peer or the sending thread has closed it already.
        }
    }

    private void Release()
    {
        _socket.Dispose();
        _readable.EndWait(_readableId);
        _drained.EndWait(_drainedId);
    }

    private async ValueTask<int> ReadWhenReadable(Memory<byte> destination)
    {
        while (true)
        {
            await _readable.Wait(_readableId, _socket.SafeHandle);
            if (TryReceive(destination.Span, SocketFlags.None) is { } received)
            {
                return received;
            }
        }
    }

    private async ValueTask WriteWhenWritable(ReadOnlyMemory<byte> bytes)
    {
        await WaitWritable();
        for (int sent = 0; ;)
        {
            int count = TrySend(bytes.Span[sent..]);
            sent += count;
            if (sent == bytes.Length)
            {
                return;
            }
            if (count == 0)
            {
                await Task.Delay(NetworkOptions.SendRetryDelay);
            }
            await WaitWritable();
        }
    }

    /// <summary>Null where no byte has arrived yet.</summary>
    private int? TryReceive(Span<byte> destination, SocketFlags flags)
    {
        int received = _socket.Receive(destination, flags, out SocketError error);
        _wasEmptied = received < destination.Length;
        return error switch
        {
            SocketError.Success => received,
            SocketError.WouldBlock => null,
            _ => throw new SocketException((int)error),
        };
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
        if (error is not (SocketError.Success or SocketError.WouldBlock))
        {
            throw new SocketException((int)error);
        }
        NoteSent(sent);
        return sent;
    }
}
