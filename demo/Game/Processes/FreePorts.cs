using System.Net;
using System.Net.Sockets;

namespace Game.Cli.Processes;

/// <summary>
/// Finds ports of the loopback address that no process listens on, each once. They lie below the range that Linux uses for outgoing connections (32768 and up),
/// so that no such connection occupies a broker's port while the broker is down between two starts.
/// </summary>
internal static class FreePorts
{
    private const int Lowest = 20_000;
    private const int Highest = 31_999;

    /// <summary>More than one process needs: several search at once, and each begins at another port.</summary>
    private const int PortsOfProcess = 37;

    private static int _last = Environment.ProcessId % ((Highest - Lowest) / PortsOfProcess) * PortsOfProcess;

    /// <exception cref="UserErrorException">Too few are free.</exception>
    public static int[] Find(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    /// <summary>Ports that follow each other; the lowest.</summary>
    /// <exception cref="UserErrorException">Too few are free.</exception>
    public static int FindRow(int count)
    {
        int first = Next();
        for (int last = first; last < first + count - 1;)
        {
            int next = Next();
            first = next == last + 1 ? first : next;
            last = next;
        }
        return first;
    }

    private static int Next()
    {
        for (int tried = Lowest; tried <= Highest; tried++)
        {
            int port = Lowest + (int)((uint)Interlocked.Increment(ref _last) % (Highest - Lowest + 1));
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new UserErrorException($"No port from {Lowest} to {Highest} of 127.0.0.1 is free.");
    }

    private static bool IsFree(int port)
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
}
