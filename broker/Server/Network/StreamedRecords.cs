using System.Runtime.InteropServices;
using Broker.Protocol;

namespace Broker.Server.Network;

/// <summary>Record batches that stay where they are until the response that carries them is sent, and are then read piece by piece.</summary>
internal abstract class StreamedRecords : RecordsPayload
{
    /// <summary>Whether the bytes from <paramref name="position"/> on are in the page cache, most likely: then the connection's own thread reads them. Does not wait for the disk.</summary>
    public abstract bool IsCached(int position);

    /// <summary>Reads bytes; may block on the disk. One call at a time, any thread.</summary>
    /// <returns>At least one byte; 0 when the promised bytes have gone (truncation), upon which the connection is closed.</returns>
    public abstract int ReadAt(int position, Span<byte> destination);

    /// <summary>Gives bytes from <paramref name="position"/> on to a socket within the system, without a copy; may block on the disk.</summary>
    /// <returns>How many the socket took; 0 when they have to be read instead (the socket is full, or this cannot be done here).</returns>
    /// <exception cref="IOException">The connection or the disk fails, or the promised bytes have gone.</exception>
    public abstract int SendTo(SafeHandle socket, int position);
}
