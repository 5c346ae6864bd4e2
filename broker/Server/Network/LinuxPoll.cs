using System.Runtime.InteropServices;

namespace Broker.Server.Network;

/// <summary>Linux's poll, which answers what .NET cannot: whether a peer has disconnected while bytes of it are still unread.</summary>
internal static partial class LinuxPoll
{
    /// <summary>POLLRDHUP: the peer has shut down its sending side. The system reports POLLERR and POLLHUP without a request.</summary>
    private const short PeerShutDown = 0x2000;

    /// <summary>Does not wait.</summary>
    public static bool PeerHasEnded(SafeHandle socket)
    {
        bool held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            PollFd question = new() { Descriptor = (int)socket.DangerousGetHandle(), Events = PeerShutDown };
            return Poll(ref question, 1, 0) > 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        finally
        {
            if (held)
            {
                socket.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollFd question, nuint count, int timeoutMs);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
