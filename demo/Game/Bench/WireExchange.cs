using System.Buffers.Binary;
using System.Net.Sockets;

namespace Game.Cli.Bench;

internal static class WireExchange
{
    /// <summary>Sends a request and waits for the answer, which has no length before it.</summary>
    /// <exception cref="IOException">The connection is closed.</exception>
    public static async Task<byte[]> AskAsync(NetworkStream stream, byte[] request, CancellationToken cancellation)
    {
        await stream.WriteAsync(request, cancellation);
        byte[] length = new byte[sizeof(int)];
        await stream.ReadExactlyAsync(length, cancellation);
        byte[] answer = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(answer, cancellation);
        return answer;
    }
}
