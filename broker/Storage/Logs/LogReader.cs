using System.Buffers;
using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Indexes;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Finds things in a view of a log. Any thread; allocates nothing but what it hands out.</summary>
internal static class LogReader
{
    /// <summary>The bytes from the batch that holds an offset on; see <see cref="PartitionLog.Read"/>.</summary>
    /// <returns>False where a segment of the view has been deleted since: the caller takes a newer view.</returns>
    public static bool TryRead(LogView view, long from, int maxBytes, long upTo, bool wholeFirstBatch, out ReadResult result)
    {
        result = new ReadResult(ErrorCode.None, null, -1, FirstBatchIsCut: false);
        for (int i = Math.Max(0, view.FloorIndex(from)); i < view.Segments.Length && view.Segments[i].BaseOffset < upTo && result.Slice is null; i++)
        {
            if (!view.Segments[i].TryClaim())
            {
                return false;
            }
            try
            {
                result = ReadClaimed(view, i, from, maxBytes, upTo, wholeFirstBatch);
            }
            finally
            {
                if (result.Slice is null)
                {
                    view.Segments[i].Release();
                }
            }
        }
        return true;
    }

    /// <summary>Position in a segment of the first batch that ends at or after an offset; the segment's readable end where there is none.</summary>
    public static int PositionOf(LogView view, int index, long offset)
    {
        LogSegment segment = view.Segments[index];
        int end = view.SizeOf(index);
        if (offset <= segment.BaseOffset)
        {
            return 0;
        }
        if (offset >= view.EndOf(index))
        {
            return end;
        }
        if (ReferenceEquals(segment, view.Hints.Segment) && view.Hints.Find(offset) is >= 0 and var known)
        {
            return known;
        }
        return Find(segment, offset, end, out _);
    }

    /// <summary>The same with the index and a walk over headers.</summary>
    public static int Find(LogSegment segment, long offset, int end, out BatchInfo found)
    {
        int indexed = segment.Offsets.PositionAtOrBefore(offset);
        if (indexed <= 0 || indexed >= end || TryFind(segment, offset, indexed, end, out int position, out found) is false)
        {
            // An index that does not match the log only costs time: the walk starts at the segment's first byte.
            if (!TryFind(segment, offset, 0, end, out position, out found))
            {
                throw new CorruptFileException(segment.Path, $"no batch leads to offset {offset}");
            }
        }
        return position;
    }

    /// <summary>The first record that the search asks for; null where there is none below the view's end.</summary>
    public static TimestampOffset? FindByTime(LogView view, in TimeSearch search)
    {
        for (int i = Math.Max(0, view.FloorIndex(search.Start)); i < view.Segments.Length; i++)
        {
            LogSegment segment = view.Segments[i];
            if (segment.LargestTimestampMs < search.TimestampMs || !segment.TryClaim())
            {
                continue;
            }
            try
            {
                if (FindByTime(view, i, search) is { } found)
                {
                    return found;
                }
            }
            finally
            {
                segment.Release();
            }
        }
        return null;
    }

    /// <summary>The first record that has the largest timestamp of all, whatever the search's own.</summary>
    public static TimestampOffset? FindLargestTime(LogView view, in TimeSearch search)
    {
        LogSegment? largest = null;
        foreach (LogSegment segment in view.Segments)
        {
            if (segment.LargestKnownTimestampMs > (largest?.LargestKnownTimestampMs ?? -1))
            {
                largest = segment;
            }
        }
        return largest is null ? null : FindByTime(view, search with { TimestampMs = largest.LargestKnownTimestampMs });
    }

    /// <summary>The aborted transactions that overlap [from, upTo).</summary>
    public static List<AbortedTransaction> Aborted(LogView view, long from, long upTo)
    {
        List<AbortedTransaction> found = new();
        for (int i = Math.Max(0, view.FloorIndex(from)); i < view.Segments.Length; i++)
        {
            if (view.Segments[i].Aborted.Count > 0 && Collect(view.Segments[i], from, upTo, found))
            {
                break;
            }
        }
        return found;
    }

    private static bool Collect(LogSegment segment, long from, long upTo, List<AbortedTransaction> found)
    {
        if (!segment.TryClaim())
        {
            return false;
        }
        try
        {
            return segment.Aborted.Collect(from, upTo, found);
        }
        finally
        {
            segment.Release();
        }
    }

    private static ReadResult ReadClaimed(LogView view, int index, long from, int maxBytes, long upTo, bool wholeFirstBatch)
    {
        LogSegment segment = view.Segments[index];
        int limit = PositionOf(view, index, upTo);
        int start = PositionOf(view, index, from);
        if (start >= limit)
        {
            return new ReadResult(ErrorCode.None, null, -1, FirstBatchIsCut: false);
        }
        int length = Length(segment, start, limit, maxBytes, wholeFirstBatch, out bool isCut);
        if (start + length == limit && index == view.Segments.Length - 1)
        {
            view.Hints.NoteStop(upTo, limit);
        }
        return new ReadResult(ErrorCode.None, new LogSlice(segment, start, length, view.Cuts), segment.BaseOffset, isCut);
    }

    private static int Length(LogSegment segment, int start, int limit, int maxBytes, bool wholeFirstBatch, out bool isCut)
    {
        int length = limit - start;
        isCut = false;
        if (length <= maxBytes)
        {
            return length;
        }
        Span<byte> header = stackalloc byte[BatchInfo.HeaderSize];
        int read = segment.ReadAt(start, header);
        int first = BatchInfo.TryRead(header[..read], out BatchInfo batch) is BatchReadResult.Ok or BatchReadResult.OldFormat
            ? Math.Min(batch.SizeInBytes, length) : length;
        int allowed = Math.Max(0, maxBytes);
        isCut = !wholeFirstBatch && allowed < first;
        return isCut ? allowed : Math.Max(allowed, first);
    }

    private static bool TryFind(LogSegment segment, long offset, int start, int end, out int position, out BatchInfo found)
    {
        Span<byte> buffer = stackalloc byte[HeaderWalk.ShortBuffer];
        HeaderWalk walk = new(segment, start, end, buffer);
        position = end;
        found = default;
        bool first = true;
        while (walk.MoveNext())
        {
            if (first && start > 0 && walk.Batch.BaseOffset > offset)
            {
                return false;
            }
            first = false;
            if (walk.Batch.LastOffset < offset)
            {
                continue;
            }
            position = walk.Position;
            found = walk.Batch;
            return true;
        }
        return !walk.IsDamaged;
    }

    private static TimestampOffset? FindByTime(LogView view, int index, in TimeSearch search)
    {
        LogSegment segment = view.Segments[index];
        int end = view.SizeOf(index);
        long from = Math.Max(segment.Times.AtOrBefore(search.TimestampMs).Offset, search.Start);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SegmentScan.WindowBytes);
        try
        {
            HeaderWalk walk = new(segment, PositionOf(view, index, from), end, buffer);
            while (walk.MoveNext())
            {
                search.Cancel.ThrowIfCancellationRequested();
                if (walk.Batch.MaxTimestamp < search.TimestampMs || walk.Batch.LastOffset < search.Start)
                {
                    continue;
                }
                if (FirstRecord(segment, walk.Position, walk.Batch, search) is { } found)
                {
                    return found;
                }
            }
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static TimestampOffset? FirstRecord(LogSegment segment, int position, in BatchInfo batch, in TimeSearch search)
    {
        if (batch.Magic < 2)
        {
            return null;
        }
        byte[] bytes = ArrayPool<byte>.Shared.Rent(batch.SizeInBytes);
        try
        {
            Memory<byte> read = bytes.AsMemory(0, segment.ReadAt(position, bytes.AsSpan(0, batch.SizeInBytes)));
            using DecompressionBound.Permit permit = search.Bound.Enter(read.Span, search.Cancel);
            return RecordSearch.TryFindByTime(read, search.TimestampMs, search.Start, out (long Offset, long TimestampMs) found)
                ? new TimestampOffset(found.TimestampMs, found.Offset)
                : null;
        }
        catch (InvalidRecordException broken)
        {
            throw new CorruptFileException(segment.Path, $"the batch at offset {batch.BaseOffset} cannot be read: {broken.Message}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
