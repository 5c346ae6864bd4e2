using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Game.Cli.Bench;

/// <summary>
/// Sends Metadata requests of version 0 to a starting broker, each on a new socket, until it answers. It uses no client, so that the start of a client is not
/// measured.
/// </summary>
internal static class MetadataProbe
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    // length, api key 3, version 0, correlation id 1, no client id, no topics named: all topics
    private static readonly byte[] Request = [0, 0, 0, 14, 0, 3, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0];

    /// <param name="since">A <see cref="Stopwatch"/> timestamp.</param>
    public static async Task<TimeSpan> FirstAnswerAsync(string hostAndPort, long since, CancellationToken cancellation)
    {
        string[] parts = hostAndPort.Split(':');
        while (Stopwatch.GetElapsedTime(since) < AnswerTimeout)
        {
            if (await AnswersAsync(parts[0], int.Parse(parts[1]), cancellation))
            {
                return Stopwatch.GetElapsedTime(since);
            }
            cancellation.WaitHandle.WaitOne(1);
        }

        throw new UserErrorException($"The broker at {hostAndPort} did not answer within {AnswerTimeout.TotalSeconds:F0} s.");
    }

    private static async Task<bool> AnswersAsync(string host, int port, CancellationToken cancellation)
    {
        try
        {
            using TcpClient client = new() { NoDelay = true };
            await client.ConnectAsync(host, port, cancellation);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Request, cancellation);
            byte[] head = new byte[16];
            await stream.ReadExactlyAsync(head, cancellation);
            int brokers = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8));
            return brokers > 0;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
