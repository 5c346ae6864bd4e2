using System.Net;
using System.Net.Sockets;

namespace Game.Cli.Processes;

/// <summary>Finds ports of the loopback address that no process listens on.</summary>
internal static class FreePorts
{
    public static int[] Find(int count)
    {
        // Every listener stays open until the last port is found, so that the ports differ.
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
