using Broker.Protocol.Records;
using Broker.Storage.Producers;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Rebuilds the producers' state from the newest snapshot and the batches after it.</summary>
internal static class ProducerReplay
{
    /// <summary>The state of everything below an offset.</summary>
    public static void Rebuild(LogState log, long upTo, long nowMs)
    {
        (long Offset, List<ProducerEntry> Entries)? newest = log.Snapshots.ReadNewest(
            upTo, bad => StorageLog.SnapshotDropped(log.Directory.Logger, log.Partition, bad.Message));
        long from = 0;
        if (newest is { } snapshot)
        {
            log.Producers.Restore(snapshot.Entries, nowMs, log.Config.ProducerIdExpirationMs);
            from = snapshot.Offset;
        }
        else
        {
            log.Producers.Clear();
        }
        Replay(log, from, upTo);
    }

    private static void Replay(LogState log, long from, long upTo)
    {
        LogView view = log.View;
        for (int i = Math.Max(0, view.FloorIndex(from)); i < view.Segments.Length && view.Segments[i].BaseOffset < upTo && from < upTo; i++)
        {
            LogSegment segment = view.Segments[i];
            SegmentScan.Walk(segment, LogReader.PositionOf(view, i, from), verifies: false, (in batch, _, marker) =>
            {
                if (batch.BaseOffset >= upTo)
                {
                    return false;
                }
                if (batch.BaseOffset >= from)
                {
                    ApplyBatch(log, batch, marker);
                }
                return true;
            });
        }
    }

    /// <summary>Changes only the producers' state: the transaction index has the batch already.</summary>
    private static void ApplyBatch(LogState log, in BatchInfo batch, TransactionMarker? marker)
    {
        if (marker is { } end)
        {
            log.Producers.AppendMarker(batch, end.Type, end.CoordinatorEpoch);
        }
        else if (!batch.IsControl)
        {
            log.Producers.Append(batch);
        }
    }
}
