using System.Runtime.InteropServices;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Indexes;

namespace Broker.Storage.Segments;

/// <summary>
/// One file of a partition's log with its indexes. One thread at a time appends, cuts and deletes; any number read. A reader that needs the file to
/// stay takes a claim (<see cref="TryClaim"/>), which keeps it from being deleted, though not from being cut.
/// </summary>
internal sealed class LogSegment
{
    /// <summary>Claims of a segment whose files are gone.</summary>
    private const int Gone = -1;

    /// <summary>Not read from the first batch yet.</summary>
    private const long Unknown = long.MinValue;

    private readonly CachedFile log;
    private int size;
    private int claims;
    private int lastCut;
    private int lowestCut = int.MaxValue;
    private long rollTimestampMs = Unknown;
    private long largestTimestampMs = -1;
    private long largestOffset;
    private int bytesSinceIndexEntry;

    public LogSegment(LogFolder folder, long baseOffset, int size, long createdMs, long jitterMs, SegmentFiles present, string suffix = "")
    {
        BaseOffset = baseOffset;
        CreatedMs = createdMs;
        JitterMs = jitterMs;
        this.size = size;
        log = new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.Log + suffix));
        Offsets = new OffsetIndex(new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.OffsetIndex)), baseOffset, present.HasFlag(SegmentFiles.OffsetIndex));
        Times = new TimeIndex(new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.TimeIndex)), baseOffset, present.HasFlag(SegmentFiles.TimeIndex));
        Aborted = new TransactionIndex(new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.TransactionIndex)), present.HasFlag(SegmentFiles.TransactionIndex));
        largestOffset = baseOffset;
    }

    public long BaseOffset { get; }

    public long CreatedMs { get; }

    public long JitterMs { get; }

    public OffsetIndex Offsets { get; }

    public TimeIndex Times { get; }

    public TransactionIndex Aborted { get; }

    /// <summary>Bytes in the log file that belong to the log.</summary>
    public int Size => Volatile.Read(ref size);

    /// <summary>The highest timestamp so far; -1 where no batch has one.</summary>
    public long LargestKnownTimestampMs => Volatile.Read(ref largestTimestampMs);

    /// <summary>The highest timestamp, or where no record has one, when the file was last written.</summary>
    public long LargestTimestampMs => LargestKnownTimestampMs is >= 0 and var known ? known : log.LastWriteMs();

    public string Path => log.FullPath;

    /// <summary>Creates the files of a new segment, empty whatever a roll that failed half-way left there.</summary>
    public void Create()
    {
        log.Create();
        if (log.Length() > 0)
            log.SetLength(0);
        Offsets.Create();
        Offsets.Clear();
        Times.Create();
        Times.Clear();
    }

    /// <summary>
    /// Writes batches at the end with one write and indexes them. What throws has changed nothing but bytes beyond <see cref="Size"/>: see <see cref="CutBack"/>.
    /// </summary>
    public void Append(ReadOnlySpan<byte> bytes, ReadOnlySpan<BatchInfo> batches, int indexIntervalBytes)
    {
        int position = size;
        log.Write(position, bytes);
        if (position == 0)
            rollTimestampMs = batches[0].MaxTimestamp;
        foreach (ref readonly BatchInfo batch in batches)
        {
            Account(batch, position, indexIntervalBytes);
            position += batch.SizeInBytes;
        }
        Volatile.Write(ref size, position);
    }

    /// <summary>Takes a batch that lies at a position into the timestamps and, where the interval is full, into the indexes.</summary>
    public void Account(in BatchInfo batch, int position, int indexIntervalBytes)
    {
        NoteTimestamp(batch);
        if (bytesSinceIndexEntry > indexIntervalBytes)
        {
            Offsets.Append(batch.LastOffset, position);
            Times.MaybeAppend(largestTimestampMs, largestOffset);
            bytesSinceIndexEntry = 0;
        }
        bytesSinceIndexEntry += batch.SizeInBytes;
    }

    /// <summary>Removes what a failed write left behind the end.</summary>
    public void CutBack() => log.SetLength(size);

    /// <summary>Cuts the log file; the indexes are the caller's matter.</summary>
    /// <param name="newSize">The size left.</param>
    /// <param name="cut">The number of this truncation of the log: <see cref="LogView.Cuts"/> of the views published before it is lower.</param>
    public void Cut(int newSize, int cut)
    {
        lowestCut = Math.Min(lowestCut, newSize);
        Volatile.Write(ref lastCut, cut);
        Volatile.Write(ref size, newSize);
        log.SetLength(newSize);
        if (newSize == 0)
            rollTimestampMs = Unknown;
    }

    /// <summary>Whether bytes up to <paramref name="end"/>, found in a view of the given cuts and read just now, are that view's.</summary>
    public bool StillHolds(int end, int cutsOfView) => Volatile.Read(ref lastCut) <= cutsOfView || end <= Volatile.Read(ref lowestCut);

    /// <summary>Reads the log file; fewer bytes than asked only at its end.</summary>
    public int ReadAt(int position, Span<byte> into) => log.Read(position, into);

    /// <inheritdoc cref="IOpenFile.SendTo"/>
    public int? SendTo(SafeHandle socket, int position, int count) => log.SendTo(socket, position, count);

    /// <inheritdoc cref="IOpenFile.IsCached"/>
    public bool IsCached(int position, int count) => log.IsCached(position, count);

    /// <summary>Timestamps as the time index has them: what a segment knows of itself when it is opened.</summary>
    public void LoadTimestamps()
    {
        TimestampOffset last = Times.Last;
        SetLargest(last.TimestampMs, last.Offset);
    }

    /// <summary>Takes a batch's timestamp in.</summary>
    public void NoteTimestamp(in BatchInfo batch)
    {
        if (batch.MaxTimestamp > largestTimestampMs)
            SetLargest(batch.MaxTimestamp, batch.LastOffset);
    }

    /// <summary>Empties the indexes and forgets the timestamps: they are to be built anew.</summary>
    public void ResetIndexes()
    {
        Offsets.Clear();
        Times.Clear();
        Aborted.Clear();
        SetLargest(-1, BaseOffset);
        bytesSinceIndexEntry = 0;
        rollTimestampMs = Unknown;
    }

    /// <summary>Notes the largest timestamp in the time index, as Kafka does when a segment is rolled or closed.</summary>
    public void EndTimes()
    {
        if (largestTimestampMs >= 0)
            Times.MaybeAppend(largestTimestampMs, largestOffset);
    }

    /// <summary>The segment becomes inactive: its indexes reach their final length.</summary>
    public void Seal()
    {
        EndTimes();
        Offsets.Seal();
        Times.Seal();
        Aborted.Seal();
    }

    /// <summary>The timestamp by which <c>segment.ms</c> counts: the first batch's maximum; -1 where it has none or there is none.</summary>
    public long RollTimestampMs()
    {
        if (rollTimestampMs == Unknown && size > 0)
        {
            Span<byte> header = stackalloc byte[BatchInfo.HeaderSize];
            int read = ReadAt(0, header);
            rollTimestampMs = BatchInfo.TryRead(header[..read], out BatchInfo first) == BatchReadResult.Ok ? first.MaxTimestamp : -1;
        }
        return rollTimestampMs == Unknown ? -1 : rollTimestampMs;
    }

    /// <summary>Fsyncs the log and its indexes.</summary>
    public void Sync()
    {
        log.Sync();
        Offsets.Sync();
        Times.Sync();
        Aborted.Sync();
    }

    /// <summary>Fsyncs the log alone: what a crash takes of the indexes, recovery rebuilds.</summary>
    public void SyncLog() => log.Sync();

    /// <summary>Keeps the files from being deleted.</summary>
    /// <returns>False where they are gone.</returns>
    public bool TryClaim()
    {
        while (true)
        {
            int now = Volatile.Read(ref claims);
            if (now == Gone)
                return false;
            if (Interlocked.CompareExchange(ref claims, now + 1, now) == now)
                return true;
        }
    }

    public void Release() => Interlocked.Decrement(ref claims);

    /// <summary>Whether nobody claims it, after which nobody can.</summary>
    public bool TryRetire() => Interlocked.CompareExchange(ref claims, Gone, 0) is 0 or Gone;

    /// <summary>Puts the suffix of deleted files on all its files.</summary>
    public void MarkDeleted()
    {
        foreach (CachedFile file in ExistingFiles())
            file.Rename(file.Name + LogFileNames.Deleted);
    }

    /// <summary>Deletes all its files.</summary>
    public void DeleteFiles()
    {
        foreach (CachedFile file in ExistingFiles())
            file.Delete();
    }

    /// <summary>Gives the handles back.</summary>
    public void CloseFiles()
    {
        log.Close();
        Offsets.File.Close();
        Times.File.Close();
        Aborted.File.Close();
    }

    private void SetLargest(long timestampMs, long offset)
    {
        largestOffset = offset;
        Volatile.Write(ref largestTimestampMs, timestampMs);
    }

    private IEnumerable<CachedFile> ExistingFiles()
    {
        yield return log;
        if (Offsets.Exists)
            yield return Offsets.File;
        if (Times.Exists)
            yield return Times.File;
        if (Aborted.Exists)
            yield return Aborted.File;
    }
}

/// <summary>Which of a segment's index files there are.</summary>
[Flags]
internal enum SegmentFiles
{
    None = 0,
    OffsetIndex = 1,
    TimeIndex = 2,
    TransactionIndex = 4,
}
