using System.Net;
using System.Net.Sockets;

namespace Game.Cli.Processes;

/// <summary>The ZooKeeper of a cluster, and when it serves: before that no broker starts, because one that cannot reach it ends.</summary>
internal static class ZooKeeperServer
{
    /// <summary>The name of the program and of the process.</summary>
    public const string Name = "zookeeper";

    /// <summary>Enough for Java on a busy machine.</summary>
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    public static string[] Arguments(int port, string data) => ["--port", $"{port}", "--data", data];

    public static ChildProcess Start(int port, string data, string logFile) => ChildProcess.Start(Name, Name, Arguments(port, data), logFile);

    /// <exception cref="UserErrorException">It has ended, or does not serve within a minute.</exception>
    public static async Task UntilServesAsync(ChildProcess process, int port, CancellationToken cancellation)
    {
        long started = TimeProvider.System.GetTimestamp();
        using PeriodicTimer tick = new(TimeSpan.FromMilliseconds(50));
        while (await RefusedAsync(port, cancellation) is { } refusal)
        {
            if (process.HasFailed || TimeProvider.System.GetElapsedTime(started) > StartTimeout)
            {
                throw new UserErrorException($"ZooKeeper does not serve at 127.0.0.1:{port}: {refusal}; the last line of its log: {process.LastLogLine()}");
            }
            await tick.WaitForNextTickAsync(cancellation);
        }
    }

    /// <returns>Why it accepts no connection; null where it does.</returns>
    public static async Task<string?> RefusedAsync(int port, CancellationToken cancellation)
    {
        using TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancellation);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }
}
