using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Deletes the segments that a log need not keep.</summary>
internal static class LogRetention
{
    /// <summary>Deletes old segments by log start, size and time, in Kafka's order.</summary>
    /// <returns>How many segments were deleted.</returns>
    public static int DeleteOld(LogState log, long nowMs)
    {
        LogConfig config = log.Config;
        int deleted = Delete(log, nowMs, (view, i) => view.EndOf(i) <= log.LogStart && i < view.Segments.Length - 1);
        if (!config.CleanupDelete)
        {
            return deleted;
        }
        if (config.RetentionBytes >= 0)
        {
            long excess = log.View.Segments.Sum(s => (long)s.Size) - config.RetentionBytes;
            deleted += Delete(log, nowMs, (view, i) => (excess -= view.SizeOf(i)) >= 0);
        }
        if (config.RetentionMs >= 0)
        {
            deleted += Delete(log, nowMs, (view, i) => nowMs - view.Segments[i].LargestTimestampMs > config.RetentionMs);
        }
        return deleted;
    }

    /// <summary>Renames segments as deleted and gives them to the directory for later.</summary>
    public static void Remove(LogState log, IEnumerable<LogSegment> segments, long nowMs)
    {
        foreach (LogSegment segment in segments)
        {
            segment.MarkDeleted();
            log.FolderIsDirty = true;
            log.Directory.DeleteLater(segment, nowMs + log.Config.FileDeleteDelayMs);
        }
    }

    private static int Delete(LogState log, long nowMs, Func<LogView, int, bool> qualifies)
    {
        LogView view = log.View;
        int count = 0;
        while (count < view.Segments.Length && IsReplicated(log, view, count) && qualifies(view, count))
        {
            count++;
        }
        if (count == 0)
        {
            return 0;
        }
        bool isActive = count == view.Segments.Length;
        RemoveFirst(log, isActive ? count - 1 : count, nowMs);
        if (!isActive)
        {
            return count;
        }
        // The active segment comes last: rolling needs space, which a full disk may have only after the other deletions.
        LogAppend.Roll(log, view.EndOffset, nowMs);
        RemoveFirst(log, 1, nowMs);
        return count;
    }

    /// <summary>False for a segment that a follower may still need, and for an empty active segment: these are kept.</summary>
    private static bool IsReplicated(LogState log, LogView view, int index)
        => log.HighWatermark >= view.EndOf(index) && (index < view.Segments.Length - 1 || view.EndPosition > 0);

    private static void RemoveFirst(LogState log, int count, long nowMs)
    {
        if (count == 0)
        {
            return;
        }
        LogView view = log.View;
        LogSegment[] removed = view.Segments[..count];
        LogSegment[] kept = view.Segments[count..];
        // What producers wrote to the deleted segments is known from this file only: it must outlive a power cut.
        log.Snapshots.Sync(kept[0].BaseOffset);
        // Readers learn of the new start before the files are renamed.
        log.SetLogStart(Math.Max(log.LogStart, kept[0].BaseOffset));
        log.Publish(view with { Segments = kept });
        log.Epochs.TruncateFromStart(log.LogStart);
        Remove(log, removed, nowMs);
        log.Snapshots.DeleteWhere(o => o < kept[0].BaseOffset);
    }
}
