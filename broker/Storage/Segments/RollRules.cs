using Broker.Storage.Indexes;

namespace Broker.Storage.Segments;

/// <summary>Decides when the active segment is rolled.</summary>
internal static class RollRules
{
    /// <param name="active">The active segment.</param>
    /// <param name="config">The log's settings.</param>
    /// <param name="bytes">Bytes to append.</param>
    /// <param name="maxTimestampMs">Their largest timestamp, -1 for none.</param>
    /// <param name="lastOffset">Their last offset.</param>
    /// <param name="nowMs">The time.</param>
    public static bool MustRoll(LogSegment active, LogConfig config, int bytes, long maxTimestampMs, long lastOffset, long nowMs)
    {
        if (lastOffset - active.BaseOffset > int.MaxValue)
        {
            return true;
        }
        if (active.Size == 0)
        {
            return false;
        }
        return active.Size > config.SegmentBytes - bytes || IsOld(active, config, maxTimestampMs, nowMs) || IndexIsFull(active, config);
    }

    private static bool IsOld(LogSegment active, LogConfig config, long maxTimestampMs, long nowMs)
    {
        long first = active.RollTimestampMs();
        long waited = first >= 0 ? maxTimestampMs - first : nowMs - active.CreatedMs;
        return waited > config.SegmentMs - active.JitterMs;
    }

    /// <summary>One slot of the time index is kept for the entry that ends the segment.</summary>
    private static bool IndexIsFull(LogSegment active, LogConfig config)
        => active.Offsets.Count >= config.SegmentIndexBytes / OffsetIndex.EntrySize
            || active.Times.Count >= (config.SegmentIndexBytes / TimeIndex.EntrySize) - 1;
}
