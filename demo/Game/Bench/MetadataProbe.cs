using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Game.Cli.Bench;

/// <summary>Asks a starting broker for metadata, over and over, until it answers: one Metadata request of version 0 on a socket of its own, so that no client's
/// start-up counts.</summary>
internal static class MetadataProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // length, api key 3, version 0, correlation id 1, no client id, no topics named: all topics
    private static readonly byte[] Request = [0, 0, 0, 14, 0, 3, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0, 0, 0, 0];

    /// <param name="since">A <see cref="Stopwatch"/> timestamp.</param>
    public static async Task<TimeSpan> FirstAnswerAsync(string hostAndPort, long since, CancellationToken cancellation)
    {
        string[] parts = hostAndPort.Split(':');
        while (Stopwatch.GetElapsedTime(since) < Patience)
        {
            if (await AnswersAsync(parts[0], int.Parse(parts[1]), cancellation))
            {
                return Stopwatch.GetElapsedTime(since);
            }
            cancellation.WaitHandle.WaitOne(1);
        }

        throw new UserErrorException($"The broker at {hostAndPort} did not answer within {Patience.TotalSeconds:F0} s.");
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
