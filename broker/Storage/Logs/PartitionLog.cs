using System.Diagnostics;
using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Indexes;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>
/// One partition's log. What changes it (append, truncation, retention, high watermark, close) is called by one thread at a time, the holder of the partition's
/// lock; what reads it may be called by any thread at any time, and <see cref="Flush"/> without the lock. Calls block on the disk.
/// </summary>
public sealed class PartitionLog
{
    private readonly LogFlush _flush;
    private bool _closed;

    internal PartitionLog(LogState state)
    {
        State = state;
        _flush = new LogFlush(state);
    }

    internal LogState State { get; }

    /// <summary>Topic and number.</summary>
    public TopicPartition Partition => State.Partition;

    /// <summary>The topic's id as <c>partition.metadata</c> has it; empty where the topic has none.</summary>
    public Guid TopicId { get; internal set; }

    /// <summary>The settings in force; a new value holds from the next append or retention on.</summary>
    public LogConfig Config
    {
        get => State.Config;
        set => State.Config = value;
    }

    /// <summary>Folder of the log directory it lies in.</summary>
    public string Directory => State.Directory.Path;

    /// <summary>Whether its disk has failed: every append answers <see cref="ErrorCode.KafkaStorageError"/>.</summary>
    public bool IsOffline => State.Directory.IsOffline;

    /// <summary>First offset that may be read.</summary>
    public long LogStartOffset => State.LogStart;

    /// <summary>The offset that the next record will get.</summary>
    public long LogEndOffset => State.View.EndOffset;

    /// <summary>Consumers read below this.</summary>
    public long HighWatermark => State.HighWatermark;

    /// <summary>Consumers of committed records read below this; at most the high watermark.</summary>
    public long LastStableOffset => State.LastStable;

    /// <summary>Everything below is on the disk for sure.</summary>
    public long RecoveryPoint => State.RecoveryPoint;

    /// <summary>Where the leader epochs start.</summary>
    public LeaderEpochCache Epochs => State.Epochs;

    /// <summary>Producers known. Needs the partition's lock.</summary>
    public int ProducerCount => State.Producers.Count;

    /// <summary>The highest producer id it remembers, -1 for none; to be read only while there are no appends.</summary>
    public long HighestProducerId => State.Producers.Entries.Count == 0 ? -1 : State.Producers.Entries.Max(entry => entry.ProducerId);

    /// <summary>Segments, the active one among them.</summary>
    public int SegmentCount => State.View.Segments.Length;

    /// <summary>Bytes of all segments' logs.</summary>
    public long SizeInBytes
    {
        get
        {
            LogView view = State.View;
            long size = 0;
            for (int i = 0; i < view.Segments.Length; i++)
            {
                size += view.SizeOf(i);
            }
            return size;
        }
    }

    /// <summary>
    /// Appends one batch that has been validated. Offset and leader epoch are written into it in place, outside of its CRC. A repeated batch of an idempotent
    /// producer is answered with the original's offsets; a failed write leaves the log and the producers' state as they were.
    /// </summary>
    /// <param name="batch">Exactly one batch of magic 2, first to last byte.</param>
    /// <param name="info">Its header.</param>
    /// <param name="leaderEpoch">The leader's epoch.</param>
    /// <param name="origin">Who appends: clients' sequences are checked.</param>
    /// <param name="nowMs">The time, epoch ms.</param>
    public AppendResult AppendAsLeader(Memory<byte> batch, in BatchInfo info, int leaderEpoch, AppendOrigin origin, long nowMs)
    {
        Debug.Assert(batch.Length == info.SizeInBytes, "a batch is appended whole and alone");
        if (_closed || IsOffline)
        {
            return AppendResult.Failed(ErrorCode.KafkaStorageError);
        }
        State.Recent.Begin(LogEndOffset, nowMs);
        return LogAppend.AsLeader(State, batch.Span, info, TransactionMarker.Read(info, batch), leaderEpoch, origin, nowMs);
    }

    /// <summary>
    /// Appends batches that the leader gave offsets and epochs; an incomplete one at the end, and all from the first of a newer leader epoch on, are left out.
    /// Answers <see cref="ErrorCode.CorruptMessage"/> where a CRC does not fit and <see cref="ErrorCode.OffsetOutOfRange"/> where the first offset lies below
    /// the log's end, with nothing appended; nothing to append is an answer with offsets -1.
    /// </summary>
    /// <param name="records">As the leader sent them.</param>
    /// <param name="leaderEpoch">The epoch in which they were fetched.</param>
    /// <param name="nowMs">The time, epoch ms.</param>
    public AppendResult AppendAsFollower(ReadOnlyMemory<byte> records, int leaderEpoch, long nowMs)
    {
        if (_closed || IsOffline)
        {
            return AppendResult.Failed(ErrorCode.KafkaStorageError);
        }
        ErrorCode error = ReplicatedBatches.TryRead(records.Span, LogEndOffset, leaderEpoch, out List<BatchInfo> batches);
        if (error != ErrorCode.None || batches.Count == 0)
        {
            return AppendResult.Failed(error);
        }
        State.Recent.Begin(LogEndOffset, nowMs);
        return LogAppend.AsFollower(State, records, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batches), nowMs);
    }

    /// <summary>Moves the high watermark, kept within the log; the last stable offset follows.</summary>
    public void UpdateHighWatermark(long offset) => State.SetHighWatermark(offset);

    /// <summary>
    /// Finds the bytes from the batch that holds <paramref name="fromOffset"/> on, out of one segment. Readable is what lies below
    /// <paramref name="upToOffset"/>, which must start a batch (as the high watermark, the last stable offset and the log's end do). Any thread.
    /// </summary>
    /// <param name="fromOffset">From the log start offset to the log end offset.</param>
    /// <param name="maxBytes">At most so many bytes; the last batch may be cut.</param>
    /// <param name="upToOffset">Only records below it.</param>
    /// <param name="wholeFirstBatch">Whether the first batch is given whole even where it is larger.</param>
    /// <exception cref="IOException">The disk fails, or the log is corrupt (<see cref="CorruptFileException"/>).</exception>
    public ReadResult Read(long fromOffset, int maxBytes, long upToOffset, bool wholeFirstBatch)
    {
        while (true)
        {
            LogView view = State.View;
            if (fromOffset < LogStartOffset || fromOffset > view.EndOffset)
            {
                return new ReadResult(ErrorCode.OffsetOutOfRange, null, -1, FirstBatchIsCut: false);
            }
            long upTo = Math.Min(upToOffset, view.EndOffset);
            if (fromOffset >= upTo)
            {
                return new ReadResult(ErrorCode.None, null, -1, FirstBatchIsCut: false);
            }
            try
            {
                if (LogReader.TryRead(view, fromOffset, maxBytes, upTo, wholeFirstBatch, out ReadResult result))
                {
                    return result;
                }
            }
            catch (IOException) when (State.View.Cuts != view.Cuts)
            {
                // The log was truncated during the search: the newer view no longer has what it looked for.
            }
        }
    }

    /// <summary>Where the batch that holds an offset starts, or the next one will. May read index and log. Any thread.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public LogPlace PlaceOf(long offset) => OverStableView(view =>
    {
        int index = Math.Max(0, view.FloorIndex(offset));
        LogSegment segment = view.Segments[index];
        if (offset < LogStartOffset || offset > view.EndOffset || !segment.TryClaim())
        {
            return LogPlace.Unknown;
        }
        try
        {
            return new LogPlace(segment.BaseOffset, LogReader.PositionOf(view, index, offset), view.Cuts);
        }
        finally
        {
            segment.Release();
        }
    });

    /// <summary>
    /// How many bytes lie between a place and an offset, without touching the disk: -1 where the place is not known (any more), and more than any reader waits
    /// for where the place lies behind the active segment or the offset's own place is not known. Any thread.
    /// </summary>
    public long BytesFrom(in LogPlace place, long upToOffset)
    {
        LogView view = State.View;
        if (place.SegmentBase < 0 || view.Cuts != place.Cuts)
        {
            return -1;
        }
        if (view.Active.BaseOffset != place.SegmentBase)
        {
            return long.MaxValue;
        }
        int end = upToOffset >= view.EndOffset ? view.EndPosition : view.Hints.Find(upToOffset);
        return end < 0 ? long.MaxValue : end - place.Position;
    }

    /// <summary>Whether what lies at an offset was appended lately, and is likely in the page cache. Any thread.</summary>
    /// <param name="offset">Where.</param>
    /// <param name="nowMs">The time, epoch ms.</param>
    public bool IsRecent(long offset, long nowMs) => offset >= Math.Min(State.Recent.FromAt(nowMs), LogEndOffset);

    /// <summary>
    /// The first record from the log's start on whose timestamp is at least the given one, epoch ms; null where there is none. Reads segments: a cold read. Any
    /// thread.
    /// </summary>
    /// <param name="timestampMs">Epoch ms.</param>
    /// <param name="bound">What decompressing may take, shared by all who do.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="IOException">The disk fails, or the log is corrupt (<see cref="CorruptFileException"/>).</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TimestampOffset? OffsetForTimestamp(long timestampMs, DecompressionBound bound, CancellationToken cancel = default)
        => OverStableView(view => LogReader.FindByTime(view, new TimeSearch(timestampMs, LogStartOffset, bound, cancel)));

    /// <summary>The first record that has the largest timestamp; null where none has one. Any thread.</summary>
    /// <inheritdoc cref="OffsetForTimestamp"/>
    public TimestampOffset? OffsetOfLargestTimestamp(DecompressionBound bound, CancellationToken cancel = default)
        => OverStableView(view => LogReader.FindLargestTime(view, new TimeSearch(TimestampMs: -1, LogStartOffset, bound, cancel)));

    /// <summary>The aborted transactions with records in [from, upTo). Any thread.</summary>
    public IReadOnlyList<AbortedTransaction> AbortedTransactions(long from, long upTo) => OverStableView(view => LogReader.Aborted(view, from, upTo));

    /// <summary>
    /// The offset after the last record that a slice which starts at <paramref name="fromOffset"/> and has this many bytes can hold, for
    /// <see cref="AbortedTransactions"/>: by the index, so it may lie beyond. At most <paramref name="upToOffset"/>. Any thread.
    /// </summary>
    public long UpperBoundOf(ReadResult read, long fromOffset, long upToOffset)
    {
        LogView view = State.View;
        if (read.Slice is null || view.FloorIndex(fromOffset) is < 0)
        {
            return upToOffset;
        }
        int index = view.FloorIndex(read.SegmentBase);
        if (index < 0 || view.Segments[index].BaseOffset != read.SegmentBase)
        {
            return upToOffset;
        }
        long end = view.Segments[index].Offsets.OffsetBeyond(read.Slice.Position, read.Slice.Length) ?? view.EndOf(index);
        return Math.Min(end, upToOffset);
    }

    /// <summary>Where a leader epoch ends in this log. Any thread.</summary>
    public EpochEnd EndOffsetFor(int epoch) => State.Epochs.EndOffsetFor(epoch, LogEndOffset);

    /// <summary>Removes what lies at or above an offset, in whole batches; the log may end below it where it lies within a batch.</summary>
    /// <exception cref="IOException">The disk fails; the directory is offline.</exception>
    public void TruncateTo(long offset, long nowMs) => OrFail(() => LogTruncation.To(State, offset, nowMs));

    /// <summary>Deletes everything; the log is empty and starts and ends at an offset.</summary>
    /// <exception cref="IOException">The disk fails; the directory is offline.</exception>
    public void TruncateFullyAndStartAt(long offset, long nowMs) => OrFail(() => LogTruncation.FullyAndStartAt(State, offset, nowMs));

    /// <summary>Starts a new segment where the active one is not empty.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    public void Roll(long nowMs)
    {
        if (State.View.EndPosition > 0)
        {
            LogAppend.Roll(State, LogEndOffset, nowMs);
        }
    }

    /// <summary>Deletes old segments by log start, size and time as the settings say.</summary>
    /// <returns>How many segments were deleted.</returns>
    /// <exception cref="IOException">The disk fails: the directory is offline; or it is too full even for that.</exception>
    public int DeleteOldSegments(long nowMs)
    {
        int deleted = 0;
        OrFail(() => deleted = LogRetention.DeleteOld(State, nowMs), Shortage.Is);
        if (deleted > 0)
        {
            StorageLog.SegmentsDeleted(State.Directory.Logger, Partition, deleted, LogStartOffset);
        }
        return deleted;
    }

    /// <summary>
    /// Raises the log start offset; a lower one changes nothing. <see cref="ErrorCode.OffsetOutOfRange"/> above the high watermark. The segments that fall
    /// below go with the next <see cref="DeleteOldSegments"/>.
    /// </summary>
    public ErrorCode IncrementLogStartOffset(long offset)
    {
        if (offset > HighWatermark)
        {
            return ErrorCode.OffsetOutOfRange;
        }
        if (offset > LogStartOffset)
        {
            State.SetLogStart(offset);
            State.Epochs.TruncateFromStart(offset);
        }
        return ErrorCode.None;
    }

    /// <summary>
    /// Waits until everything below an offset is on the disk; callers that wait at once share one fsync. Any thread, without the partition's lock.
    /// </summary>
    /// <exception cref="IOException">The disk fails: the directory is offline; or there is no room for it now: the caller tries again.</exception>
    public void Flush(long upToOffset, long nowMs) => _flush.UpTo(Math.Min(upToOffset, LogEndOffset), nowMs);

    /// <summary>Whether <c>flush.ms</c> has passed since the last flush with records unflushed.</summary>
    public bool IsFlushDue(long nowMs)
        => Config.FlushMs != long.MaxValue && RecoveryPoint < LogEndOffset && nowMs - _flush.LastFlushMs >= Config.FlushMs;

    /// <summary>Writes the producers' state as of the log's end.</summary>
    public void TakeProducerSnapshot() => State.Snapshots.Write(LogEndOffset, State.Producers);

    /// <summary>Forgets producers idle for longer than the settings keep them.</summary>
    /// <returns>How many.</returns>
    public int ExpireProducers(long nowMs) => State.Producers.Expire(nowMs, Config.ProducerIdExpirationMs);

    /// <summary>Ends the log's use: with <paramref name="clean"/> all is flushed and the indexes are whole. Appends fail from now on.</summary>
    /// <exception cref="IOException">The disk fails.</exception>
    internal void Close(bool clean, long nowMs)
    {
        if (_closed)
        {
            return;
        }
        _closed = true;
        if (clean && !IsOffline && !IsAsLeftClean)
        {
            TakeProducerSnapshot();
            _flush.UpTo(LogEndOffset, nowMs);
            _flush.SyncFolder();
            State.View.Active.Seal();
            State.View.Active.Sync();
            State.Epochs.Sync();
            State.Snapshots.Sync(LogEndOffset);
        }
        _flush.End();
        foreach (LogSegment segment in State.View.Segments)
        {
            segment.CloseFiles();
        }
    }

    /// <summary>Searches again where the log was truncated during the search.</summary>
    private T OverStableView<T>(Func<LogView, T> search)
    {
        while (true)
        {
            LogView view = State.View;
            try
            {
                return search(view);
            }
            catch (IOException) when (State.View.Cuts != view.Cuts)
            {
                // The newer view no longer has what it looked for.
            }
        }
    }

    /// <summary>Whether the last broker left the log whole and nothing has come since: closing it again would only fsync the same bytes.</summary>
    private bool IsAsLeftClean => State.CleanView is { } view && ReferenceEquals(view, State.View) && State.Epochs.IsDurable && !State.FolderIsDirty;

    private void OrFail(Action change, Predicate<IOException>? isRetried = null)
    {
        try
        {
            change();
        }
        catch (IOException failure)
        {
            if (isRetried?.Invoke(failure) != true)
            {
                State.Directory.Fail(failure);
            }
            throw;
        }
    }
}
