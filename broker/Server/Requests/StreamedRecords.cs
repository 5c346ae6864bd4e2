using System.Runtime.InteropServices;
using Broker.Protocol;

namespace Broker.Server.Requests;

/// <summary>Record batches that stay where they are until the response that carries them is sent, and are then read piece by piece.</summary>
internal abstract class StreamedRecords : RecordsPayload
{
    /// <summary>Whether bytes are in the page cache, most likely: then whoever sends takes them without changing the thread. Waits for nothing.</summary>
    public abstract bool IsCached(int position, int count);

    /// <summary>Reads bytes; may block on the disk. One call at a time, any thread.</summary>
    /// <returns>At least one byte; 0 when the promised bytes have gone (truncation), upon which the connection is closed.</returns>
    public abstract int ReadAt(int position, Span<byte> destination);

    /// <summary>Gives at most <paramref name="count"/> bytes to a socket within the system, without a copy; may block on the disk.</summary>
    /// <returns>How many the socket took; 0 when it is full; null when this cannot be done here and they have to be read instead.</returns>
    /// <exception cref="IOException">The connection or the disk fails, or the promised bytes have gone.</exception>
    public abstract int? SendTo(SafeHandle socket, int position, int count);
}
