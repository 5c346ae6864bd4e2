using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Broker.Storage.Producers;
using Broker.Storage.Segments;

namespace Broker.Storage.Loading;

/// <summary>Opens a partition's log and recovers what the last broker did not flush.</summary>
internal sealed class LogLoader(ILogDirectory directory, HandleCache handles, TopicPartition partition, LogConfig config, long nowMs,
    CancellationToken cancel = default)
{
    private readonly LogFolder _folder = new(handles, Path.Combine(directory.Path, partition.ToString()));

    /// <summary>Whether no segment had to be scanned.</summary>
    private bool _foundWhole = true;

    /// <summary>Whether all segments are scanned, because the recovery point cannot be trusted.</summary>
    private bool _scansAll;

    /// <exception cref="OperationCanceledException">Cancelled between two segments.</exception>
    /// <exception cref="IOException">The disk fails, or the files cannot be recovered (<see cref="CorruptFileException"/>,
    /// <see cref="UnsupportedLogFormatException"/>).</exception>
    public PartitionLog Open(LoadHints hints)
    {
        PartitionFiles files = PartitionFiles.CleanUp(_folder.Disk, _folder.FullPath, EndOfSwap);
        LogState log = NewState(files, out bool epochsLost);
        List<LogSegment> segments = [.. files.Logs.Select(f => Segment(f.Key, f.Value, files))];
        PublishSegments(log, segments, 0, 0);
        long end = Recover(log, segments, files, hints);
        if (segments.Count == 0)
        {
            end = StartEmpty(log, segments, hints.LogStart);
        }
        else if (AreOfAnotherLog(hints, end))
        {
            StorageLog.CheckpointsRefused(directory.Logger, partition, hints.RecoveryPoint, hints.LogStart, end);
            if (!hints.Clean)
            {
                _scansAll = true;
                end = Recover(log, segments, files, hints);
            }

            hints = hints with { RecoveryPoint = 0, LogStart = 0 };
        }

        PublishSegments(log, segments, end, segments[^1].Size);
        RestoreState(log, hints, epochsLost);
        return new PartitionLog(log) { TopicId = ReadTopicId(hints) };
    }

    /// <summary>
    /// Whether the files show that the checkpoints belong to another log, or that the disk has lost data that it reported as durable. Such checkpoints delete
    /// nothing, and every segment is scanned whatever they hold.
    /// </summary>
    private static bool AreOfAnotherLog(LoadHints hints, long end) => end < hints.LogStart || (!hints.Clean && end < hints.RecoveryPoint);

    /// <summary>After an unclean end the file may be torn, as it is durable only from the first flush on: then the topic's id is written again.</summary>
    private Guid ReadTopicId(LoadHints hints)
    {
        string path = _folder.PathOf(LogFileNames.PartitionMetadata);
        try
        {
            return PartitionMetadataFile.Read(_folder.Disk, path) ?? Guid.Empty;
        }
        catch (CorruptFileException torn) when (!hints.Clean)
        {
            StorageLog.TopicIdDropped(directory.Logger, partition, torn.Message);
            _folder.Disk.DeleteFile(path);
            return Guid.Empty;
        }
    }

    /// <summary>The length of a segment's file as an int, which the format allows at most.</summary>
    public static int SizeOf(string path, long length)
        => length <= int.MaxValue ? (int)length : throw new CorruptFileException(path, $"{length} bytes are more than a segment holds");

    private LogState NewState(PartitionFiles files, out bool epochsLost)
    {
        EpochStart[] epochs = [];
        epochsLost = false;
        bool present = files.Lengths.ContainsKey(LogFileNames.LeaderEpochs);
        try
        {
            epochs = LeaderEpochCheckpoint.Read(_folder.Disk, _folder.PathOf(LogFileNames.LeaderEpochs));
        }
        catch (CorruptFileException bad)
        {
            StorageLog.EpochsRebuilt(directory.Logger, partition, bad.Message);
            epochsLost = true;
        }
        return new LogState(directory, _folder, partition, config)
        {
            Snapshots = new ProducerSnapshots(_folder, files.Snapshots),
            Epochs = new LeaderEpochCache(_folder, epochs, present && !epochsLost),
        };
    }

    private LogSegment Segment(long baseOffset, long length, PartitionFiles files)
    {
        SegmentFiles IfThere(SegmentFiles file, string suffix) => files.Lengths.ContainsKey(LogFileNames.Of(baseOffset, suffix)) ? file : SegmentFiles.None;
        SegmentFiles present = IfThere(SegmentFiles.OffsetIndex, LogFileNames.OffsetIndex) | IfThere(SegmentFiles.TimeIndex, LogFileNames.TimeIndex)
            | IfThere(SegmentFiles.TransactionIndex, LogFileNames.TransactionIndex);
        int size = SizeOf(_folder.PathOf(LogFileNames.Of(baseOffset, LogFileNames.Log)), length);
        return new LogSegment(_folder, baseOffset, size, nowMs, directory.NextJitter(config), present);
    }

    /// <summary>Checks or recovers each segment in turn; after one that had to be cut, no unflushed one is kept.</summary>
    /// <returns>The log's end.</returns>
    private long Recover(LogState log, List<LogSegment> segments, PartitionFiles files, LoadHints hints)
    {
        long end = hints.LogStart;
        bool recovering = false;
        for (int i = 0; i < segments.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            LogSegment segment = segments[i];
            bool isLast = i == segments.Count - 1;
            string? reason = _scansAll ? "its checkpoints belong to another log" : Reason(segment, NextBase(segments, i), files, hints);
            if (reason is null)
            {
                end = isLast ? EndOf(segment) ?? -1 : segments[i + 1].BaseOffset;
                segment.LoadTimestamps();
                recovering &= end < 0;
                if (end >= 0)
                {
                    continue;
                }
                reason = "its end is no whole batch";
            }
            _foundWhole = false;
            if (!recovering)
            {
                PublishSegments(log, segments, long.MaxValue, segment.Size);
            }
            PrepareProducers(log, segment.BaseOffset, ref recovering);
            bool unflushed = IsUnflushed(NextBase(segments, i), hints);
            // The epochs of unflushed batches may come from an older state of the file: they are read from the batches again.
            if (unflushed || _scansAll)
            {
                log.Epochs.TruncateFromEnd(segment.BaseOffset);
            }

            (bool truncated, end) = SegmentRecovery.Recover(log, segment, reason);
            // Damage in flushed data leaves a gap, as in Kafka: the good segments after it are kept.
            if (unflushed && (truncated || (!isLast && end > segments[i + 1].BaseOffset)))
            {
                DropAfter(log, segments, i);
            }

            if (i < segments.Count - 1)
            {
                end = SealBefore(log, segment, segments[i + 1], end);
            }
            log.Snapshots.Write(end, log.Producers);
        }
        return end;
    }

    /// <summary>
    /// Segments after a gap are kept: compaction leaves gaps, and data that survived a power cut is worth keeping. The producers' state is then that of
    /// everything below the next segment.
    /// </summary>
    private static long SealBefore(LogState log, LogSegment segment, LogSegment next, long end)
    {
        segment.Seal();
        if (end < next.BaseOffset && !log.Config.CleanupCompact)
        {
            StorageLog.GapBetweenSegments(log.Directory.Logger, log.Partition, end, next.BaseOffset);
        }

        return Math.Max(end, next.BaseOffset);
    }

    // A segment that ends at the recovery point may have been flushed without its indexes, while it was active.
    private static bool IsUnflushed(long next, LoadHints hints) => !hints.Clean && next >= hints.RecoveryPoint;

    private static long NextBase(List<LogSegment> segments, int index) => index == segments.Count - 1 ? long.MaxValue : segments[index + 1].BaseOffset;

    /// <summary>Why a segment must be scanned; null where it need not be.</summary>
    private static string? Reason(LogSegment segment, long next, PartitionFiles files, LoadHints hints)
    {
        if (IsUnflushed(next, hints))
        {
            return "it was not known to be flushed when the broker ended";
        }
        if (!segment.Offsets.Exists)
        {
            return "it has no offset index";
        }
        long Length(string suffix) => files.Lengths.GetValueOrDefault(LogFileNames.Of(segment.BaseOffset, suffix));
        if (!segment.Offsets.Load(Length(LogFileNames.OffsetIndex)) || !segment.Offsets.Fits(segment.Size))
        {
            return "its offset index is damaged";
        }
        if (!segment.Times.Exists)
        {
            return "it has no time index";
        }
        if (!segment.Times.Load(Length(LogFileNames.TimeIndex)) || !segment.Times.Fits())
        {
            return "its time index is damaged";
        }
        if (segment.Aborted.Exists && (!segment.Aborted.Load(Length(LogFileNames.TransactionIndex)) || !segment.Aborted.Fits(segment.BaseOffset)))
        {
            return "its transaction index is damaged";
        }
        return null;
    }

    /// <summary>
    /// Rebuilds the producers' state below the first segment that is recovered; recovery of the segments after it keeps the state up to date.
    /// </summary>
    private void PrepareProducers(LogState log, long baseOffset, ref bool recovering)
    {
        if (!recovering)
        {
            ProducerReplay.Rebuild(log, baseOffset, nowMs);
        }
        recovering = true;
    }

    private static void DropAfter(LogState log, List<LogSegment> segments, int index)
    {
        if (index == segments.Count - 1)
        {
            return;
        }
        // The newest first, so that a crash in between leaves no gap.
        for (int i = segments.Count - 1; i > index; i--)
        {
            StorageLog.SegmentDropped(log.Directory.Logger, log.Partition, segments[i].BaseOffset);
            segments[i].DeleteFiles();
            segments.RemoveAt(i);
        }
        // A deleted file that a power cut brings back would overlap the next appends.
        log.Folder.Disk.SyncDirectory(log.Folder.FullPath);
    }

    /// <summary>The offset after the last batch of a segment; null where the bytes at its end are not a batch.</summary>
    private static long? EndOf(LogSegment segment)
    {
        long end = segment.BaseOffset;
        Span<byte> buffer = stackalloc byte[HeaderWalk.ShortBuffer];
        HeaderWalk walk = new(segment, segment.Offsets.PositionAtOrBefore(long.MaxValue), segment.Size, buffer);
        while (walk.MoveNext())
        {
            end = walk.Batch.NextOffset;
        }
        return walk.IsDamaged ? null : end;
    }

    private long EndOfSwap(long baseOffset, int size)
    {
        LogSegment swap = new(_folder, baseOffset, size, nowMs, 0, SegmentFiles.None, LogFileNames.Swap);
        long end = baseOffset;
        Span<byte> buffer = stackalloc byte[HeaderWalk.ShortBuffer];
        HeaderWalk walk = new(swap, 0, size, buffer);
        while (walk.MoveNext())
        {
            end = walk.Batch.NextOffset;
        }
        swap.CloseFiles();
        return end;
    }

    /// <summary>There is no segment: the log is empty from its start on.</summary>
    private long StartEmpty(LogState log, List<LogSegment> segments, long start)
    {
        LogSegment first = log.NewSegment(start, nowMs);
        first.Create();
        segments.Add(first);
        log.Snapshots.DeleteWhere(_ => true);
        log.Epochs.Clear();
        return start;
    }

    private void RestoreState(LogState log, LoadHints hints, bool epochsLost)
    {
        long end = log.View.EndOffset;
        log.Recent.StartAt(end);
        log.SetLogStart(Math.Max(hints.LogStart, log.View.Segments[0].BaseOffset));
        log.Epochs.TruncateFromEnd(end);
        // Where a crash took back a raised log start offset, the raise may have removed the only epoch.
        if (epochsLost || (!hints.Clean && log.Epochs.Entries.Count == 0 && log.LogStart < end))
        {
            EpochReplay.Rebuild(log);
        }
        log.Epochs.TruncateFromStart(log.LogStart);
        log.Epochs.Persist();
        log.SetRecoveryPoint(hints.Clean ? end : Math.Min(hints.RecoveryPoint, end));
        log.FolderIsDirty = !hints.Clean;
        log.IsNew = !hints.Clean;
        log.Snapshots.DeleteWhere(o => o > end);
        if (end > 0 || log.Snapshots.Offsets.Count > 0)
        {
            RestoreProducers(log, hints, end);
        }
        log.SetHighWatermark(hints.HighWatermark);
        log.CleanView = hints.Clean && _foundWhole && !epochsLost ? log.View : null;
    }

    /// <summary>After a clean end without any snapshot there were no producers; else the newest snapshot and what follows it.</summary>
    private void RestoreProducers(LogState log, LoadHints hints, long end)
    {
        if (hints.Clean && log.Snapshots.Offsets.Count == 0)
        {
            log.Producers.Clear();
        }
        else
        {
            ProducerReplay.Rebuild(log, end, nowMs);
        }
        if (!log.Snapshots.Offsets.Contains(end))
        {
            log.Snapshots.Write(end, log.Producers);
        }
    }

    /// <summary>Publishes the segments, so that recovery can walk over them; high watermark and start follow later.</summary>
    private static void PublishSegments(LogState log, List<LogSegment> segments, long end, int endPosition)
    {
        if (segments.Count > 0)
        {
            log.Publish(new LogView([.. segments], end, endPosition, new TailHints(segments[^1]), 0));
        }
    }
}
