using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Rebuilds the leader epochs from the batches' headers.</summary>
internal static class EpochReplay
{
    /// <summary>Replaces the known epochs by those in the segments; walks over the whole log.</summary>
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
