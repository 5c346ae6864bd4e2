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
    /// <summary>Claims of a segment whose files have been deleted.</summary>
    private const int Gone = -1;

    /// <summary>Not read from the first batch yet.</summary>
    private const long Unknown = long.MinValue;

    private readonly CachedFile _log;
    private int _size;
    private int _claims;
    private int _lastCut;
    private int _lowestCut = int.MaxValue;
    private long _rollTimestampMs = Unknown;
    private long _largestTimestampMs = -1;
    private long _largestOffset;
    private int _bytesSinceIndexEntry;

    public LogSegment(LogFolder folder, long baseOffset, int size, long createdMs, long jitterMs, SegmentFiles present, string suffix = "")
    {
        BaseOffset = baseOffset;
        CreatedMs = createdMs;
        JitterMs = jitterMs;
        _size = size;
        _log = new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.Log + suffix));
        Offsets = new OffsetIndex(new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.OffsetIndex)), baseOffset,
            present.HasFlag(SegmentFiles.OffsetIndex));
        Times = new TimeIndex(new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.TimeIndex)), baseOffset, present.HasFlag(SegmentFiles.TimeIndex));
        Aborted = new TransactionIndex(new CachedFile(folder, LogFileNames.Of(baseOffset, LogFileNames.TransactionIndex)),
            present.HasFlag(SegmentFiles.TransactionIndex));
        _largestOffset = baseOffset;
    }

    public long BaseOffset { get; }

    public long CreatedMs { get; }

    public long JitterMs { get; }

    public OffsetIndex Offsets { get; }

    public TimeIndex Times { get; }

    public TransactionIndex Aborted { get; }

    /// <summary>Bytes in the log file that belong to the log.</summary>
    public int Size => Volatile.Read(ref _size);

    /// <summary>The highest timestamp so far; -1 where no batch has one.</summary>
    public long LargestKnownTimestampMs => Volatile.Read(ref _largestTimestampMs);

    /// <summary>The highest timestamp, or where no record has one, when the file was last written.</summary>
    public long LargestTimestampMs => LargestKnownTimestampMs is >= 0 and var known ? known : _log.LastWriteMs();

    public string Path => _log.FullPath;

    /// <summary>Creates the files of a new segment, and empties files that a failed roll has left.</summary>
    public void Create()
    {
        _log.Create();
        if (_log.Length() > 0)
        {
            _log.SetLength(0);
        }
        Offsets.Create();
        Offsets.Clear();
        Times.Create();
        Times.Clear();
    }

    /// <summary>
    /// Writes batches at the end with one write and indexes them. What throws has changed nothing but bytes beyond <see cref="Size"/>: see
    /// <see cref="CutBack"/>.
    /// </summary>
    public void Append(ReadOnlySpan<byte> bytes, ReadOnlySpan<BatchInfo> batches, int indexIntervalBytes)
    {
        int position = _size;
        _log.Write(position, bytes);
        if (position == 0)
        {
            _rollTimestampMs = batches[0].MaxTimestamp;
        }
        foreach (ref readonly BatchInfo batch in batches)
        {
            NoteBatch(batch, position, indexIntervalBytes);
            position += batch.SizeInBytes;
        }
        Volatile.Write(ref _size, position);
    }

    /// <summary>Updates the timestamps for a batch at a position and, where the interval is full, adds it to the indexes.</summary>
    public void NoteBatch(in BatchInfo batch, int position, int indexIntervalBytes)
    {
        NoteTimestamp(batch);
        if (_bytesSinceIndexEntry > indexIntervalBytes)
        {
            Offsets.Append(batch.LastOffset, position);
            Times.MaybeAppend(_largestTimestampMs, _largestOffset);
            _bytesSinceIndexEntry = 0;
        }
        _bytesSinceIndexEntry += batch.SizeInBytes;
    }

    /// <summary>Removes what a failed write left behind the end.</summary>
    public void CutBack() => _log.SetLength(_size);

    /// <summary>Truncates the log file; the caller truncates the indexes.</summary>
    /// <param name="newSize">The size left.</param>
    /// <param name="cut">The number of this truncation of the log: <see cref="LogView.Cuts"/> of the views published before it is lower.</param>
    public void Cut(int newSize, int cut)
    {
        _lowestCut = Math.Min(_lowestCut, newSize);
        Volatile.Write(ref _lastCut, cut);
        Volatile.Write(ref _size, newSize);
        _log.SetLength(newSize);
        if (newSize == 0)
        {
            _rollTimestampMs = Unknown;
        }
    }

    /// <summary>Whether bytes up to <paramref name="end"/>, found in a view of the given cuts and read just now, are that view's.</summary>
    public bool StillHolds(int end, int cutsOfView) => Volatile.Read(ref _lastCut) <= cutsOfView || end <= Volatile.Read(ref _lowestCut);

    /// <summary>Reads the log file; fewer bytes than asked only at its end.</summary>
    public int ReadAt(int position, Span<byte> into) => _log.Read(position, into);

    /// <inheritdoc cref="IOpenFile.SendTo"/>
    public int? SendTo(SafeHandle socket, int position, int count) => _log.SendTo(socket, position, count);

    /// <inheritdoc cref="IOpenFile.IsCached"/>
    public bool IsCached(int position, int count) => _log.IsCached(position, count);

    /// <summary>Reads the largest timestamp from the time index, when the segment is opened.</summary>
    public void LoadTimestamps()
    {
        TimestampOffset last = Times.Last;
        SetLargest(last.TimestampMs, last.Offset);
    }

    /// <summary>Updates the largest timestamp for a batch.</summary>
    public void NoteTimestamp(in BatchInfo batch)
    {
        if (batch.MaxTimestamp > _largestTimestampMs)
        {
            SetLargest(batch.MaxTimestamp, batch.LastOffset);
        }
    }

    /// <summary>Empties the indexes and forgets the timestamps: they are rebuilt next.</summary>
    public void ResetIndexes()
    {
        Offsets.Clear();
        Times.Clear();
        Aborted.Clear();
        SetLargest(-1, BaseOffset);
        _bytesSinceIndexEntry = 0;
        _rollTimestampMs = Unknown;
    }

    /// <summary>Notes the largest timestamp in the time index, as Kafka does when a segment is rolled or closed.</summary>
    public void EndTimes()
    {
        if (_largestTimestampMs >= 0)
        {
            Times.MaybeAppend(_largestTimestampMs, _largestOffset);
        }
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
        if (_rollTimestampMs == Unknown && _size > 0)
        {
            Span<byte> header = stackalloc byte[BatchInfo.HeaderSize];
            int read = ReadAt(0, header);
            _rollTimestampMs = BatchInfo.TryRead(header[..read], out BatchInfo first) == BatchReadResult.Ok ? first.MaxTimestamp : -1;
        }
        return _rollTimestampMs == Unknown ? -1 : _rollTimestampMs;
    }

    /// <summary>Fsyncs the log and its indexes.</summary>
    public void Sync()
    {
        _log.Sync();
        Offsets.Sync();
        Times.Sync();
        Aborted.Sync();
    }

    /// <summary>Fsyncs the log alone: what a crash takes of the indexes, recovery rebuilds.</summary>
    public void SyncLog() => _log.Sync();

    /// <summary>Keeps the files from being deleted.</summary>
    /// <returns>False where they have been deleted.</returns>
    public bool TryClaim()
    {
        while (true)
        {
            int now = Volatile.Read(ref _claims);
            if (now == Gone)
            {
                return false;
            }
            if (Interlocked.CompareExchange(ref _claims, now + 1, now) == now)
            {
                return true;
            }
        }
    }

    public void Release() => Interlocked.Decrement(ref _claims);

    /// <summary>Retires the segment where no reader holds a claim; after that no reader can claim it.</summary>
    public bool TryRetire() => Interlocked.CompareExchange(ref _claims, Gone, 0) is 0 or Gone;

    /// <summary>Puts the suffix of deleted files on all its files.</summary>
    public void MarkDeleted()
    {
        foreach (CachedFile file in ExistingFiles())
        {
            file.Rename(file.Name + LogFileNames.Deleted);
        }
    }

    /// <summary>Deletes all its files.</summary>
    public void DeleteFiles()
    {
        foreach (CachedFile file in ExistingFiles())
        {
            file.Delete();
        }
    }

    /// <summary>Gives the handles back.</summary>
    public void CloseFiles()
    {
        _log.Close();
        Offsets.File.Close();
        Times.File.Close();
        Aborted.File.Close();
    }

    private void SetLargest(long timestampMs, long offset)
    {
        _largestOffset = offset;
        Volatile.Write(ref _largestTimestampMs, timestampMs);
    }

    private IEnumerable<CachedFile> ExistingFiles()
    {
        yield return _log;
        if (Offsets.Exists)
        {
            yield return Offsets.File;
        }
        if (Times.Exists)
        {
            yield return Times.File;
        }
        if (Aborted.Exists)
        {
            yield return Aborted.File;
        }
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
