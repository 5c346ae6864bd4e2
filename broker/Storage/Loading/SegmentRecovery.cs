using Broker.Storage.Logs;
using Broker.Storage.Segments;

namespace Broker.Storage.Loading;

/// <summary>Scans a segment whose bytes are not known to be good, cuts it at the first that are not, and rebuilds its indexes.</summary>
internal static class SegmentRecovery
{
    /// <param name="log">The log; its producers' state is that of everything below the segment, and holds that of the segment afterwards.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="reason">Why, for the log.</param>
    /// <returns>Whether bytes were cut off, and the offset after the last good batch.</returns>
    public static (bool Truncated, long EndOffset) Recover(LogState log, LogSegment segment, string reason)
    {
        StorageLog.SegmentRecovered(log.Directory.Logger, log.Partition, segment.BaseOffset, reason);
        segment.ResetIndexes();
        long next = segment.BaseOffset;
        int good = SegmentScan.Walk(segment, 0, verifies: true, (in batch, position, marker) =>
        {
            if (batch.BaseOffset < next || batch.LastOffset - segment.BaseOffset > int.MaxValue)
            {
                return false;
            }
            segment.NoteBatch(batch, position, log.Config.IndexIntervalBytes);
            if (batch.PartitionLeaderEpoch > log.Epochs.LatestEpoch)
            {
                log.Epochs.Assign(batch.PartitionLeaderEpoch, batch.BaseOffset);
            }
            LogAppend.ApplyToProducers(log.Producers, segment, batch, marker);
            next = batch.NextOffset;
            return true;
        });
        bool truncated = good < segment.Size;
        if (truncated)
        {
            StorageLog.SegmentTruncated(log.Directory.Logger, log.Partition, segment.Size - good, segment.BaseOffset, next);
            segment.Cut(good, 0);
            // Otherwise a power cut could bring the cut bytes back below the next appends.
            segment.SyncLog();
        }
        segment.EndTimes();
        return (truncated, next);
    }
}
