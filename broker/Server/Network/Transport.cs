using System.Runtime.InteropServices;
using System.Net.Sockets;

namespace Broker.Server.Network;

/// <summary>
/// The bytes of one connection. One reader and one writer at a time. TLS is another one of these, over a stream.
/// A broken or aborted connection shows as <see cref="SocketException"/>, alone or within an <see cref="IOException"/>, or as <see cref="ObjectDisposedException"/>.
/// </summary>
internal abstract class Transport : IDisposable
{
    private long _sent;

    /// <summary>Bytes handed to the system so far. Any thread.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>Whether the peer has ended its side, even behind bytes that have not been read. Asks the system; any thread, for what <see cref="WaitReadable"/> does not see.</summary>
    public virtual bool PeerHasEnded => false;

    /// <summary>Completes when there is something to read (or the end), holding no buffer meanwhile.</summary>
    public abstract ValueTask WaitReadable();

    /// <summary>Reads at least one byte; 0 is the end.</summary>
    public abstract ValueTask<int> Read(Memory<byte> destination);

    /// <summary>Completes when all bytes have been handed to the system.</summary>
    public abstract ValueTask Write(ReadOnlyMemory<byte> bytes);

    /// <summary>The socket, where bytes given to it directly arrive as they are; null where they have to pass through <see cref="Write"/>.</summary>
    public virtual SafeHandle? Socket => null;

    /// <summary>Ends the connection and all pending calls. Any thread, any number of times.</summary>
    public abstract void Dispose();

    /// <summary>Whether an exception means no more than that the other end, or we, have gone. A disk's failure is none of those.</summary>
    public static bool IsEnd(Exception e) => e is SocketException or IOException { InnerException: SocketException } or ObjectDisposedException or OperationCanceledException;

    /// <summary>Counts bytes that went to <see cref="Socket"/> directly, or were written. For the one writer.</summary>
    public void NoteSent(int bytes) => Volatile.Write(ref _sent, _sent + bytes);
}

/// <summary>A plain TCP connection.</summary>
internal sealed class SocketTransport(Socket socket) : Transport
{
    public override async ValueTask WaitReadable() => await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);

    public override ValueTask<int> Read(Memory<byte> destination) => socket.ReceiveAsync(destination, SocketFlags.None);

    public override ValueTask Write(ReadOnlyMemory<byte> bytes)
    {
        ValueTask<int> sending = socket.SendAsync(bytes, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully) return Rest(sending, bytes);
#pragma warning disable VSTHRD103 // It has completed: nothing blocks.
        int sent = sending.Result;
#pragma warning restore VSTHRD103
        if (sent < bytes.Length) return Rest(new ValueTask<int>(sent), bytes);
        NoteSent(sent);
        return ValueTask.CompletedTask;
    }

    public override bool PeerHasEnded => OperatingSystem.IsLinux() && LinuxPoll.PeerHasEnded(socket.SafeHandle);

    public override SafeHandle Socket => socket.SafeHandle;

    public override void Dispose() => socket.Dispose();

    private async ValueTask Rest(ValueTask<int> sending, ReadOnlyMemory<byte> bytes)
    {
        int sent = await sending;
        NoteSent(sent);
        while (sent < bytes.Length)
        {
            int more = await socket.SendAsync(bytes[sent..], SocketFlags.None);
            NoteSent(more);
            sent += more;
        }
    }
}
