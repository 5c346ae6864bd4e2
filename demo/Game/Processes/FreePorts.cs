using System.Net;
using System.Net.Sockets;

namespace Game.Cli.Processes;

/// <summary>Ports of the loopback address that nobody listens on now.</summary>
internal static class FreePorts
{
    public static int[] Take(int count)
    {
        // All are held until the last is found, so that they differ.
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        try
        {
            return [.. listeners.Select(listener =>
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            })];
        }
        finally
        {
            foreach (TcpListener listener in listeners)
            {
                listener.Dispose();
            }
        }
    }
}
