using System.Net;
using System.Net.Sockets;

namespace Running;

/// <summary>
/// Free ports of the loopback address. They lie below the range that Linux uses for outgoing connections (32768 and up), so that no such connection occupies a
/// port while its program is down between two starts.
/// </summary>
public static class FreePorts
{
    private const int Lowest = 20_000;
    private const int Highest = 31_999;
    private static readonly HashSet<int> Taken = [];

    public static int Take() => Take(1)[0];

    /// <summary>Returns different ports, each only once in this process.</summary>
    public static int[] Take(int count)
    {
        lock (Taken)
        {
            int[] ports = new int[count];
            for (int i = 0; i < count; i++)
            {
                ports[i] = Next();
            }
            return ports;
        }
    }

    public static bool IsFree(int port)
    {
        using TcpListener listener = new(IPAddress.Loopback, port);
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

    // Several test processes search at once, so each searches another part of the range first.
    private static int Next()
    {
        while (true)
        {
            int port = Random.Shared.Next(Lowest, Highest + 1);
            if (!Taken.Contains(port) && IsFree(port))
            {
                Taken.Add(port);
                return port;
            }
        }
    }
}
