using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Reading the leader epochs anew from the batches' headers.</summary>
internal static class EpochReplay
{
    /// <summary>Replaces what is known by what the segments say: a walk over the whole log.</summary>
    public static void Rebuild(LogState log)
    {
        log.Epochs.Clear();
        LogView view = log.View;
        for (int i = 0; i < view.Segments.Length; i++)
        {
            SegmentScan.Walk(view.Segments[i], 0, verifies: false, (in batch, _, _) =>
            {
                if (batch.PartitionLeaderEpoch > log.Epochs.LatestEpoch)
                {
                    log.Epochs.Assign(batch.PartitionLeaderEpoch, batch.BaseOffset);
                }
                return true;
            });
        }
    }
}
