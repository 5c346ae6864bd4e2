using System.Runtime.InteropServices;
using Broker.Protocol;

namespace Broker.Server.Requests;

/// <summary>Record batches that stay in the log until the sender of their response reads them, piece by piece.</summary>
internal abstract class StreamedRecords : RecordsPayload
{
    /// <summary>The path of the log directory that the bytes are read from.</summary>
    public abstract string Directory { get; }

    /// <summary>Whether the bytes are in the page cache, most likely: the sender then reads them on its own thread. Does not block.</summary>
    public abstract bool IsCached(int position, int count);

    /// <summary>Reads bytes; may block on the disk. One call at a time, any thread.</summary>
    /// <returns>How many bytes were read, at least 1; 0 when the bytes no longer exist (the log was truncated), upon which the connection is closed.</returns>
    public abstract int ReadAt(int position, Span<byte> destination);

    /// <summary>Sends at most <paramref name="count"/> bytes to a socket with sendfile, without a copy; may block on the disk.</summary>
    /// <returns>How many bytes the socket took; 0 when it is full; null when the bytes cannot be sent this way and must be read instead.</returns>
    /// <exception cref="IOException">The connection or the disk fails, or the bytes no longer exist.</exception>
    public abstract int? SendTo(SafeHandle socket, int position, int count);
}
