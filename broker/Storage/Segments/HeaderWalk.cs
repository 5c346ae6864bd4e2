using Broker.Protocol.Records;

namespace Broker.Storage.Segments;

/// <summary>
/// Walks the batch headers of a segment between two positions, reading through a small buffer of the caller's; the records are skipped. Allocates nothing.
/// </summary>
internal ref struct HeaderWalk(LogSegment segment, int start, int end, Span<byte> buffer)
{
    /// <summary>Buffer for walking from an index entry: one such read covers the default index interval.</summary>
    public const int ShortBuffer = 4096;

    private readonly Span<byte> _buffer = buffer;
    private int _bufferStart;
    private int _buffered;
    private int _next = start;

    /// <summary>Header of the batch that the last successful move reached.</summary>
    public BatchInfo Batch { get; private set; }

    /// <summary>Its position.</summary>
    public int Position { get; private set; }

    /// <summary>False at the end, and where there is no whole batch; <see cref="IsDamaged"/> then says which of the two it is.</summary>
    public bool MoveNext()
    {
        if (_next == end || IsDamaged)
        {
            return false;
        }
        ReadOnlySpan<byte> header = Header();
        IsDamaged = !IsBatch(BatchInfo.TryRead(header, out BatchInfo batch), batch) || batch.SizeInBytes > end - _next;
        if (IsDamaged)
        {
            return false;
        }
        Batch = batch;
        Position = _next;
        _next += batch.SizeInBytes;
        return true;
    }

    /// <summary>The whole batch reached, out of the buffer; empty where the buffer is too small for it.</summary>
    public ReadOnlySpan<byte> WholeBatch()
    {
        int batchSize = Batch.SizeInBytes;
        if (batchSize > _buffer.Length)
        {
            return default;
        }
        if (Position < _bufferStart || Position + batchSize > _bufferStart + _buffered)
        {
            Fill(Position);
        }
        return _buffer.Slice(Position - _bufferStart, Math.Clamp(_buffered - (Position - _bufferStart), 0, batchSize));
    }

    /// <summary>Whether the walk met bytes that are no batch.</summary>
    public bool IsDamaged { get; private set; } = start > end;

    /// <summary>A message of an old format has only its offset and size in the header.</summary>
    private static bool IsBatch(BatchReadResult read, in BatchInfo batch)
        => read is BatchReadResult.OldFormat || (read is BatchReadResult.Ok && batch.LastOffsetDelta >= 0);

    private ReadOnlySpan<byte> Header()
    {
        int want = Math.Min(BatchInfo.HeaderSize, end - _next);
        if (_next < _bufferStart || _next + want > _bufferStart + _buffered)
        {
            Fill(_next);
        }
        int at = _next - _bufferStart;
        return _buffer.Slice(at, Math.Clamp(_buffered - at, 0, want));
    }

    private void Fill(int from)
    {
        _bufferStart = from;
        _buffered = segment.ReadAt(from, _buffer[..Math.Min(_buffer.Length, end - from)]);
    }
}
