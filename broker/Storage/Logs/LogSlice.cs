using System.Runtime.InteropServices;
using Broker.Storage.Files;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>
/// A claim on a piece of a segment: the file stays until the claim is disposed, whatever retention and deletion do. Batches are read from it as they are
/// needed. Any thread may use it, one at a time.
/// </summary>
public sealed class LogSlice : IDisposable
{
    private readonly int _cuts;
    private LogSegment? _segment;

    internal LogSlice(LogSegment segment, int position, int length, int cuts)
    {
        _segment = segment;
        _cuts = cuts;
        Position = position;
        Length = length;
    }

    /// <summary>Where it starts in the segment's file.</summary>
    public int Position { get; }

    /// <summary>Its bytes.</summary>
    public int Length { get; }

    /// <summary>
    /// Reads bytes from <paramref name="position"/> (from 0, within the slice) on. Fewer than asked for, counting up to the slice's end, means that the rest is
    /// no longer there: the log was truncated.
    /// </summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public int ReadAt(int position, Span<byte> into)
    {
        LogSegment held = _segment ?? throw new ObjectDisposedException(nameof(LogSlice));
        int wanted = Math.Clamp(Length - position, 0, into.Length);
        int read = held.ReadAt(Position + position, into[..wanted]);
        return held.StillHolds(Position + position + wanted, _cuts) ? read : 0;
    }

    /// <summary>
    /// Gives at most <paramref name="count"/> bytes from <paramref name="position"/> (from 0, within the slice) on to a socket, as
    /// <see cref="IOpenFile.SendTo"/> does. A cut of the log that comes after it may still change what is on its way; the batches' checksums tell the reader,
    /// which has read above the high watermark.
    /// </summary>
    /// <returns>How many bytes the socket took; 0 when it is full; null when they are to be read.</returns>
    /// <exception cref="IOException">The disk or the connection fails, or the bytes are no longer there, as the log was truncated.</exception>
    public int? SendTo(SafeHandle socket, int position, int count)
    {
        LogSegment held = _segment ?? throw new ObjectDisposedException(nameof(LogSlice));
        int? sent = held.SendTo(socket, Position + position, Math.Min(count, Length - position));
        return held.StillHolds(Position + position + (sent ?? 0), _cuts) ? sent
            : throw new IOException("the log was truncated while its bytes were being sent in a response");
    }

    /// <summary>
    /// Whether <paramref name="count"/> bytes from <paramref name="position"/> (from 0, within the slice) on lie in the page cache, as far as the system says;
    /// false where the file is not open. Waits for nothing.
    /// </summary>
    public bool IsCached(int position, int count)
    {
        LogSegment held = _segment ?? throw new ObjectDisposedException(nameof(LogSlice));
        return position < Length && held.IsCached(Position + position, Math.Min(count, Length - position));
    }

    /// <summary>Gives the claim back.</summary>
    public void Dispose() => Interlocked.Exchange(ref _segment, null)?.Release();
}
