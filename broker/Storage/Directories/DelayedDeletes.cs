using Broker.Storage.Files;
using Broker.Storage.Segments;
using Microsoft.Extensions.Logging;

namespace Broker.Storage.Directories;

/// <summary>Files that are renamed as deleted and removed later, so that readers can finish.</summary>
internal abstract record PendingDelete(long DueMs)
{
    public abstract string Name { get; }

    /// <summary>Deletes; false where a reader still holds a claim of a file.</summary>
    public abstract bool TryDelete();
}

internal sealed record SegmentToDelete(LogSegment Segment, long DueMs) : PendingDelete(DueMs)
{
    public override string Name => Segment.Path;

    public override bool TryDelete()
    {
        if (!Segment.TryRetire())
        {
            return false;
        }
        Segment.DeleteFiles();
        return true;
    }
}

internal sealed record FolderToDelete(IFileSystem Disk, string Folder, IReadOnlyList<LogSegment> Segments, long DueMs) : PendingDelete(DueMs)
{
    public override string Name => Folder;

    public override bool TryDelete()
    {
        if (!Segments.All(s => s.TryRetire()))
        {
            return false;
        }
        foreach (LogSegment segment in Segments)
        {
            segment.CloseFiles();
        }
        Disk.DeleteDirectory(Folder);
        return true;
    }
}

/// <summary>The deletions that a log directory has still to do. Thread-safe.</summary>
internal sealed class DelayedDeletes(ILogger logger)
{
    private readonly Lock _gate = new();
    private List<PendingDelete> _pending = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    public void Add(PendingDelete delete)
    {
        lock (_gate)
        {
            _pending.Add(delete);
        }
    }

    /// <summary>Deletes what is due; what is still being read, or fails, is tried again at the next call.</summary>
    public void Run(long nowMs)
    {
        List<PendingDelete> due;
        lock (_gate)
        {
            due = _pending.FindAll(d => d.DueMs <= nowMs);
            _pending = _pending.FindAll(d => d.DueMs > nowMs);
        }
        foreach (PendingDelete delete in due)
        {
            if (!TryDelete(delete))
            {
                Add(delete);
            }
        }
    }

    private bool TryDelete(PendingDelete delete)
    {
        try
        {
            return delete.TryDelete();
        }
        catch (IOException failure)
        {
            StorageLog.DeleteFailed(logger, delete.Name, failure);
            return false;
        }
    }
}
