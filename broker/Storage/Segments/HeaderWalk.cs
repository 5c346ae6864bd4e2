using Broker.Protocol.Records;

namespace Broker.Storage.Segments;

/// <summary>
/// Walks the batch headers of a segment between two positions, reading through a small buffer of the caller's; the records are skipped. Allocates nothing.
/// </summary>
internal ref struct HeaderWalk(LogSegment segment, int start, int end, Span<byte> buffer)
{
    /// <summary>Buffer for walking from an index entry: one such read covers the default index interval.</summary>
    public const int ShortBuffer = 4096;

    private readonly Span<byte> buffer = buffer;
    private int bufferStart;
    private int buffered;
    private int next = start;

    /// <summary>Header of the batch that the last successful move reached.</summary>
    public BatchInfo Batch { get; private set; }

    /// <summary>Its position.</summary>
    public int Position { get; private set; }

    /// <summary>False at the end, and where no whole batch lies; then <see cref="IsDamaged"/> tells which.</summary>
    public bool MoveNext()
    {
        if (next == end || IsDamaged)
            return false;
        ReadOnlySpan<byte> header = Header();
        IsDamaged = !IsBatch(BatchInfo.TryRead(header, out BatchInfo batch), batch) || batch.SizeInBytes > end - next;
        if (IsDamaged)
            return false;
        Batch = batch;
        Position = next;
        next += batch.SizeInBytes;
        return true;
    }

    /// <summary>The whole batch reached, out of the buffer; empty where the buffer is too small for it.</summary>
    public ReadOnlySpan<byte> WholeBatch()
    {
        int batchSize = Batch.SizeInBytes;
        if (batchSize > buffer.Length)
            return default;
        if (Position < bufferStart || Position + batchSize > bufferStart + buffered)
            Fill(Position);
        return buffer.Slice(Position - bufferStart, Math.Clamp(buffered - (Position - bufferStart), 0, batchSize));
    }

    /// <summary>Whether the walk met bytes that are no batch.</summary>
    public bool IsDamaged { get; private set; } = start > end;

    /// <summary>An old message is told by its offset alone; its header has no more.</summary>
    private static bool IsBatch(BatchReadResult read, in BatchInfo batch)
        => read is BatchReadResult.OldFormat || (read is BatchReadResult.Ok && batch.LastOffsetDelta >= 0);

    private ReadOnlySpan<byte> Header()
    {
        int want = Math.Min(BatchInfo.HeaderSize, end - next);
        if (next < bufferStart || next + want > bufferStart + buffered)
        {
            Fill(next);
        }
        int at = next - bufferStart;
        return buffer.Slice(at, Math.Clamp(buffered - at, 0, want));
    }

    private void Fill(int from)
    {
        bufferStart = from;
        buffered = segment.ReadAt(from, buffer[..Math.Min(buffer.Length, end - from)]);
    }
}
