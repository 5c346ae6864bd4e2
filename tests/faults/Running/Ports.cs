using System.Net;
using System.Net.Sockets;

namespace Faults.Tests.Running;

/// <summary>
/// Free ports of the loopback address for programs that are killed and come back on the same one. They lie below the range from which the system takes ports for
/// outgoing connections: a client that knocks at a dead broker's port could otherwise be given that very port, and connect to itself.
/// </summary>
internal static class Ports
{
    private const int First = 12_000;
    private const int End = 32_000;
    private static readonly HashSet<int> Taken = [];
    private static readonly Lock Gate = new();

    public static int Take()
    {
        while (true)
        {
            int port = Random.Shared.Next(First, End);
            lock (Gate)
            {
                if (Taken.Contains(port) || !IsFree(port))
                    continue;
                Taken.Add(port);
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
