using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Producers;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Appending to a log, and rolling its segments.</summary>
internal static class LogAppend
{
    /// <summary>Appends one validated batch at the end: see <see cref="PartitionLog.AppendAsLeader"/>.</summary>
    public static AppendResult AsLeader(LogState log, Span<byte> bytes, in BatchInfo received, TransactionMarker? marker, int leaderEpoch, AppendOrigin origin,
        long nowMs)
    {
        if (bytes.Length > log.Config.SegmentBytes)
        {
            return AppendResult.Failed(ErrorCode.RecordListTooLarge);
        }
        ProducerCheck check = marker is { } end ? log.Producers.CheckMarker(received, end.CoordinatorEpoch, origin) : log.Producers.Check(received, origin);
        if (check.Duplicate is { } original)
        {
            return new AppendResult(ErrorCode.None, log.Epochs.EpochOf(original.LastOffset), original.FirstOffset, original.LastOffset, IsDuplicate: true,
                original.TimestampMs, log.LogStart, IsFlushNeeded(log, original.LastOffset));
        }
        if (check.Error != ErrorCode.None)
        {
            return AppendResult.Failed(check.Error);
        }

        BatchInfo placed = received with { BaseOffset = log.View.EndOffset, PartitionLeaderEpoch = leaderEpoch };
        BatchHeader.SetBaseOffset(bytes, placed.BaseOffset);
        BatchHeader.SetPartitionLeaderEpoch(bytes, leaderEpoch);
        return TryWrite(log, bytes, new ReadOnlySpan<BatchInfo>(in placed), marker, nowMs)
            ? Done(log, placed.BaseOffset, placed)
            : AppendResult.Failed(ErrorCode.KafkaStorageError);
    }

    /// <summary>Appends batches that have their offsets already, as many at once as a segment takes.</summary>
    public static AppendResult AsFollower(LogState log, ReadOnlyMemory<byte> bytes, ReadOnlySpan<BatchInfo> batches, long nowMs)
    {
        long first = batches[0].BaseOffset;
        BatchInfo last = batches[^1];
        while (!batches.IsEmpty)
        {
            int run = RunThatFits(batches, log.Config.SegmentBytes, out int runBytes);
            // A transaction marker is appended alone, as it changes more than other batches do.
            TransactionMarker? marker = run == 1 ? TransactionMarker.Read(batches[0], bytes[..runBytes]) : null;
            if (!TryWrite(log, bytes.Span[..runBytes], batches[..run], marker, nowMs))
            {
                return AppendResult.Failed(ErrorCode.KafkaStorageError);
            }
            bytes = bytes[runBytes..];
            batches = batches[run..];
        }
        return Done(log, first, last);
    }

    /// <summary>Starts a new segment at an offset; nothing happens where the active one is empty and starts there.</summary>
    public static void Roll(LogState log, long newBase, long nowMs)
    {
        LogView view = log.View;
        LogSegment active = view.Active;
        if (active.BaseOffset == newBase)
        {
            return;
        }
        active.Seal();
        log.Snapshots.Write(newBase, log.Producers);
        LogSegment created = log.NewSegment(newBase, nowMs);
        try
        {
            created.Create();
        }
        catch (IOException)
        {
            // If its files stayed, an empty segment would hide what is appended to the active one.
            created.DeleteFiles();
            throw;
        }
        log.FolderIsDirty = true;
        log.Publish(new LogView([.. view.Segments, created], Math.Max(view.EndOffset, newBase), 0, new TailHints(created), view.Cuts));
        log.Directory.NoteRolled(log);
    }

    private static AppendResult Done(LogState log, long first, in BatchInfo last)
    {
        long appendTime = last.TimestampType == TimestampType.LogAppendTime ? last.MaxTimestamp : -1;
        return new AppendResult(ErrorCode.None, last.PartitionLeaderEpoch, first, last.LastOffset, IsDuplicate: false, appendTime, log.LogStart,
            IsFlushNeeded(log, last.LastOffset));
    }

    /// <summary>Asked for a duplicate too: the original's flush may still be running, or have failed.</summary>
    private static bool IsFlushNeeded(LogState log, long lastOffset) => lastOffset + 1 - log.RecoveryPoint >= log.Config.FlushMessages;

    /// <summary>Writes the batches whole, or leaves the log, its epochs and the producers' state as they were.</summary>
    private static bool TryWrite(LogState log, ReadOnlySpan<byte> bytes, ReadOnlySpan<BatchInfo> batches, TransactionMarker? marker, long nowMs)
    {
        IReadOnlyList<EpochStart> epochs = log.Epochs.Entries;
        try
        {
            RollIfNeeded(log, bytes.Length, batches, nowMs);
            AssignEpochs(log, batches);
            if (marker is { Type: ControlRecordType.Abort })
            {
                log.View.Active.Aborted.Prepare();
            }
            log.View.Active.Append(bytes, batches, log.Config.IndexIntervalBytes);
        }
        catch (IOException failure)
        {
            log.Epochs.Restore(epochs);
            CutBack(log, failure);
            return false;
        }
        ApplyBatches(log, batches, marker);
        return true;
    }

    private static void ApplyBatches(LogState log, ReadOnlySpan<BatchInfo> batches, TransactionMarker? marker)
    {
        LogView view = log.View;
        int position = view.EndPosition;
        foreach (ref readonly BatchInfo batch in batches)
        {
            ApplyToProducers(log.Producers, view.Active, batch, marker);
            view.Hints.NoteAppend(batch.BaseOffset, position);
            position += batch.SizeInBytes;
        }
        log.Recent.Note(batches[^1].NextOffset, position - view.EndPosition);
        log.Publish(view with { EndOffset = batches[^1].NextOffset, EndPosition = position });
        log.UpdateLastStable();
    }

    /// <summary>Brings the producers' state and the transaction index up to a batch that the log holds.</summary>
    public static void ApplyToProducers(ProducerStates producers, LogSegment segment, in BatchInfo batch, TransactionMarker? marker)
    {
        if (marker is null)
        {
            if (!batch.IsControl)
            {
                producers.Append(batch);
            }
            return;
        }
        if (producers.Completes(batch, marker.Value.Type) is { Aborted: true } aborted)
        {
            segment.Aborted.Append(new AbortedTransaction(aborted.ProducerId, aborted.FirstOffset, aborted.LastOffset, producers.StableOffsetAfter(aborted)));
        }
        producers.AppendMarker(batch, marker.Value.Type, marker.Value.CoordinatorEpoch);
    }

    private static void RollIfNeeded(LogState log, int bytes, ReadOnlySpan<BatchInfo> batches, long nowMs)
    {
        long maxTimestamp = -1;
        foreach (ref readonly BatchInfo batch in batches)
        {
            maxTimestamp = Math.Max(maxTimestamp, batch.MaxTimestamp);
        }
        if (RollRules.MustRoll(log.View.Active, log.Config, bytes, maxTimestamp, batches[^1].LastOffset, nowMs))
        {
            Roll(log, NewBase(log.View, batches), nowMs);
        }
    }

    /// <summary>The log's end, so that segments follow each other without a gap, unless the offsets would not fit.</summary>
    private static long NewBase(LogView view, ReadOnlySpan<BatchInfo> batches)
        => batches[^1].LastOffset - view.EndOffset <= int.MaxValue ? view.EndOffset : batches[0].BaseOffset;

    private static void AssignEpochs(LogState log, ReadOnlySpan<BatchInfo> batches)
    {
        foreach (ref readonly BatchInfo batch in batches)
        {
            if (batch.PartitionLeaderEpoch != log.Epochs.LatestEpoch)
            {
                log.Epochs.Assign(batch.PartitionLeaderEpoch, batch.BaseOffset);
            }
        }
        log.Epochs.Persist();
    }

    private static void CutBack(LogState log, IOException failure)
    {
        StorageLog.AppendFailed(log.Directory.Logger, log.Partition, failure);
        try
        {
            log.View.Active.CutBack();
        }
        catch (IOException worse)
        {
            log.Directory.Fail(worse);
        }
    }

    private static int RunThatFits(ReadOnlySpan<BatchInfo> batches, int segmentBytes, out int runBytes)
    {
        runBytes = batches[0].SizeInBytes;
        int run = 1;
        while (run < batches.Length && !batches[run - 1].IsControl && !batches[run].IsControl && (long)runBytes + batches[run].SizeInBytes <= segmentBytes)
        {
            runBytes += batches[run++].SizeInBytes;
        }
        return run;
    }
}
