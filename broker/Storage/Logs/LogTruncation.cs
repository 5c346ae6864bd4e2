using Broker.Protocol.Records;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Truncates a log, as a follower does when its leader's log differs.</summary>
internal static class LogTruncation
{
    /// <summary>Removes what lies at or above an offset, in whole batches.</summary>
    public static void To(LogState log, long offset, long nowMs)
    {
        LogView view = log.View;
        if (offset >= view.EndOffset)
        {
            log.Epochs.TruncateFromEnd(offset);
            return;
        }
        int index = view.FloorIndex(offset);
        if (index < 0)
        {
            FullyAndStartAt(log, offset, nowMs);
            return;
        }
        LogSegment segment = view.Segments[index];
        int position = CutPosition(segment, view.SizeOf(index), ref offset);
        LowerTo(log, new LogView(view.Segments[..(index + 1)], offset, position, new TailHints(segment), view.Cuts + 1));
        DeleteNewestFirst(log, view.Segments[(index + 1)..], nowMs);
        segment.Cut(position, log.View.Cuts);
        log.NoteCut(segment);
        segment.Offsets.TruncateTo(offset);
        segment.Times.TruncateTo(offset);
        segment.Aborted.TruncateTo(offset);
        ReloadTimestamps(segment);
        Finish(log, offset, nowMs);
    }

    /// <summary>Deletes everything; the log is empty and starts and ends at an offset.</summary>
    public static void FullyAndStartAt(LogState log, long offset, long nowMs)
    {
        LogView view = log.View;
        LogSegment fresh = log.NewSegment(offset, nowMs);
        LowerTo(log, new LogView([fresh], offset, 0, new TailHints(fresh), view.Cuts + 1));
        DeleteNewestFirst(log, view.Segments, nowMs);
        fresh.Create();
        log.FolderIsDirty = true;
        log.Epochs.Clear();
        log.Snapshots.DeleteWhere(_ => true);
        log.SetLogStart(offset);
        log.SetHighWatermark(offset);
        Finish(log, offset, nowMs);
    }

    /// <summary>
    /// Where to cut, and the offset after the last batch kept, where the log ends: a batch that holds the offset is removed whole, and no gap is left before
    /// the end, so that recovery reports gaps only where records are missing.
    /// </summary>
    private static int CutPosition(LogSegment segment, int size, ref long offset)
    {
        int position = 0;
        long keepBelow = segment.BaseOffset;
        if (offset > segment.BaseOffset)
        {
            position = LogReader.Find(segment, offset, size, out BatchInfo cut);
            keepBelow = position < size ? Math.Min(offset, cut.BaseOffset) : offset;
        }
        offset = segment.BaseOffset;
        Span<byte> buffer = stackalloc byte[HeaderWalk.ShortBuffer];
        int indexed = segment.Offsets.PositionAtOrBefore(keepBelow - 1);
        HeaderWalk walk = new(segment, indexed < position ? indexed : 0, position, buffer);
        while (walk.MoveNext())
        {
            offset = walk.Batch.NextOffset;
        }
        return position;
    }

    private static void LowerTo(LogState log, LogView shorter)
    {
        lock (log.RecoveryGate)
        {
            log.SetLogStart(Math.Min(log.LogStart, shorter.EndOffset));
            if (log.HighWatermark > shorter.EndOffset)
            {
                log.LowerHighWatermark(shorter.EndOffset);
            }
            log.Publish(shorter);
            log.SetRecoveryPoint(Math.Min(log.RecoveryPoint, shorter.EndOffset));
        }
    }

    /// <summary>The newest first, so that a crash in between leaves no gap.</summary>
    private static void DeleteNewestFirst(LogState log, LogSegment[] segments, long nowMs)
        => LogRetention.Remove(log, segments.Reverse(), nowMs);

    /// <summary>The time index is sparse: the batches after its last entry are read as well.</summary>
    private static void ReloadTimestamps(LogSegment segment)
    {
        segment.LoadTimestamps();
        Span<byte> buffer = stackalloc byte[HeaderWalk.ShortBuffer];
        HeaderWalk walk = new(segment, segment.Offsets.PositionAtOrBefore(segment.Times.Last.Offset), segment.Size, buffer);
        while (walk.MoveNext())
        {
            segment.NoteTimestamp(walk.Batch);
        }
    }

    private static void Finish(LogState log, long end, long nowMs)
    {
        log.Epochs.TruncateFromEnd(end);
        // Where the log start offset lay within the batch that was cut, it is now below the first known epoch.
        if (log.LogStart < end && !(log.Epochs.Entries is [var first, ..] && first.StartOffset <= log.LogStart))
        {
            EpochReplay.Rebuild(log);
        }
        log.Epochs.Persist();
        log.Snapshots.DeleteWhere(o => o > end);
        ProducerReplay.Rebuild(log, end, nowMs);
        log.Producers.OnHighWatermark(log.HighWatermark);
        log.Snapshots.Write(end, log.Producers);
        log.UpdateLastStable();
        log.Directory.LowerCheckpoints([log]);
    }
}
