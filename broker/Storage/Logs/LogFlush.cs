using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>Fsyncs a log up to an offset. Any thread, without the partition's lock; callers that wait together are served by one fsync.</summary>
internal sealed class LogFlush(LogState log)
{
    private readonly Lock _gate = new();
    private bool _ended;

    /// <summary>Returns once everything below <paramref name="offset"/> is on the disk.</summary>
    /// <exception cref="IOException">The disk fails: its directory is offline; or there is no room to do it now: the caller tries again.</exception>
    public void UpTo(long offset, long nowMs)
    {
        lock (_gate)
        {
            // While this caller waited, another caller's fsync may have covered it, or the log was closed.
            if (_ended || (log.RecoveryPoint >= offset && log.UnsyncedCut is null))
            {
                return;
            }
            // In this order: a segment of the cut is in the view.
            UnsyncedCut? cut = log.UnsyncedCut;
            LogView view = log.View;
            OrFail(log.Epochs.Sync, Shortage.Is);
            // After a failed fsync the kernel may have dropped the pages, even where it reports that there was no space: the data can no longer be trusted.
            OrFail(() => Flush(view, cut), Shortage.IsOfHandles);
            LastFlushMs = nowMs;
        }
    }

    /// <summary>Nothing is flushed any more; a flush that runs has ended on return, so that the folder may be renamed or given up.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
        }
    }

    /// <summary>When it was last flushed; 0 before.</summary>
    public long LastFlushMs { get; private set; }

    /// <summary>Makes creations and renames durable; before a clean end nothing may be left that a power cut takes back.</summary>
    public void SyncFolder()
    {
        if (!log.FolderIsDirty)
        {
            return;
        }
        bool isNew = log.IsNew;
        log.FolderIsDirty = false;
        log.IsNew = false;
        try
        {
            if (isNew)
            {
                PartitionMetadataFile.Sync(log.Folder.Disk, log.Folder.PathOf(LogFileNames.PartitionMetadata));
            }
            log.Folder.Disk.SyncDirectory(log.Folder.FullPath);
            if (isNew)
            {
                log.Folder.Disk.SyncDirectory(log.Directory.Path);
            }
        }
        catch (IOException)
        {
            log.FolderIsDirty = true;
            log.IsNew |= isNew;
            throw;
        }
    }

    private void Flush(LogView view, UnsyncedCut? cut)
    {
        long from = Math.Min(log.RecoveryPoint, cut?.From ?? long.MaxValue);
        SyncFolder();
        // A segment that ends there was flushed while it was active, without its indexes.
        for (int i = Math.Max(0, view.FloorIndex(from - 1)); i < view.Segments.Length; i++)
        {
            Sync(view, i);
        }
        log.ForgetCut(cut);
        lock (log.RecoveryGate)
        {
            if (log.View.Cuts == view.Cuts)
            {
                log.SetRecoveryPoint(Math.Max(log.RecoveryPoint, view.EndOffset));
            }
        }
    }

    private void OrFail(Action step, Predicate<IOException> isRetried)
    {
        try
        {
            step();
        }
        catch (IOException failure)
        {
            if (!isRetried(failure))
            {
                log.Directory.Fail(failure);
            }
            throw;
        }
    }

    private void Sync(LogView view, int index)
    {
        LogSegment segment = view.Segments[index];
        if (!segment.TryClaim())
        {
            return;
        }
        try
        {
            if (index == view.Segments.Length - 1)
            {
                segment.SyncLog();
            }
            else
            {
                SyncRolled(segment);
            }
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>Behind the recovery point nothing is rebuilt, so the indexes must be durable too.</summary>
    private void SyncRolled(LogSegment segment)
    {
        segment.Sync();
        log.Snapshots.Sync(segment.BaseOffset);
    }
}
