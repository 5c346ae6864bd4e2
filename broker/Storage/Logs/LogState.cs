using Broker.Storage.Files;
using Broker.Storage.Producers;
using Broker.Storage.Segments;

namespace Broker.Storage.Logs;

/// <summary>
/// What makes up one partition's log. Changed by one thread at a time, the holder of the partition's lock; readers take <see cref="View"/> and the offsets,
/// which are published whole.
/// </summary>
internal sealed class LogState(ILogDirectory directory, LogFolder folder, TopicPartition partition, LogConfig config)
{
    private LogView? _view;
    private LogConfig _config = config;
    private long _logStart;
    private long _highWatermark;
    private long _lastStable;
    private long _recoveryPoint;

    public ILogDirectory Directory => directory;

    public LogFolder Folder => folder;

    public TopicPartition Partition => partition;

    public LogConfig Config
    {
        get => Volatile.Read(ref _config);
        set => Volatile.Write(ref _config, value);
    }

    public ProducerStates Producers { get; } = new();

    public required ProducerSnapshots Snapshots { get; init; }

    public required LeaderEpochCache Epochs { get; init; }

    /// <summary>What was appended lately.</summary>
    public RecentTail Recent { get; } = new();

    public LogView View => Volatile.Read(ref _view)!;

    public long LogStart => Volatile.Read(ref _logStart);

    public long HighWatermark => Volatile.Read(ref _highWatermark);

    public long LastStable => Volatile.Read(ref _lastStable);

    public long RecoveryPoint => Volatile.Read(ref _recoveryPoint);

    /// <summary>Files were created or renamed since the folder was last synced.</summary>
    public bool FolderIsDirty { get; set; }

    /// <summary>
    /// The folder itself and the topic's id in it are not known to be durable: with many partitions created at once, the first flush sees to that and not the
    /// creation.
    /// </summary>
    public bool IsNew { get; set; }

    /// <summary>The view right after loading, where the last broker ended cleanly and nothing was recovered; else null.</summary>
    public LogView? CleanView { get; set; }

    /// <summary>
    /// Segments were cut since the last flush. They end at the recovery point or above, so that a flush from there on may pass over them, and must be synced
    /// nevertheless.
    /// </summary>
    public UnsyncedCut? UnsyncedCut { get; private set; }

    /// <summary>Held when a flush ends and when a log is truncated, so that the recovery point never passes a truncation.</summary>
    public Lock RecoveryGate { get; } = new();

    /// <summary>Replaces what readers see.</summary>
    /// <remarks>The caller first lowers a high watermark or log start offset that lies above the new end: readers must not read past the end.</remarks>
    public void Publish(LogView next) => Volatile.Write(ref _view, next);

    /// <summary>Sets the start; the last stable offset never lies below it.</summary>
    public void SetLogStart(long offset)
    {
        Volatile.Write(ref _logStart, offset);
        UpdateLastStable();
    }

    /// <summary>Sets the high watermark, within the log.</summary>
    public void SetHighWatermark(long offset)
    {
        long bounded = Math.Clamp(offset, LogStart, Math.Max(LogStart, View.EndOffset));
        Volatile.Write(ref _highWatermark, bounded);
        Producers.OnHighWatermark(bounded);
        UpdateLastStable();
    }

    /// <summary>Lowers the high watermark ahead of a truncation: readers are turned away before the end moves.</summary>
    public void LowerHighWatermark(long offset)
    {
        Volatile.Write(ref _highWatermark, offset);
        Volatile.Write(ref _lastStable, Math.Min(_lastStable, offset));
    }

    /// <summary>The last stable offset: the first record of an undecided transaction, at most the high watermark.</summary>
    public void UpdateLastStable()
    {
        long high = HighWatermark;
        long stable = Producers.FirstUnstableOffset is { } unstable ? Math.Min(high, Math.Max(unstable, LogStart)) : high;
        Volatile.Write(ref _lastStable, stable);
    }

    /// <summary>A segment has just been cut: it and what follows has to be synced.</summary>
    public void NoteCut(LogSegment segment)
    {
        lock (RecoveryGate)
        {
            UnsyncedCut = new UnsyncedCut(Math.Min(segment.BaseOffset, UnsyncedCut?.From ?? long.MaxValue));
        }
    }

    /// <summary>The cuts that a flush found when it began are on the disk; those that came meanwhile are left for the next.</summary>
    public void ForgetCut(UnsyncedCut? synced)
    {
        lock (RecoveryGate)
        {
            if (ReferenceEquals(UnsyncedCut, synced))
            {
                UnsyncedCut = null;
            }
        }
    }

    public void SetRecoveryPoint(long offset) => Volatile.Write(ref _recoveryPoint, offset);

    /// <summary>A segment that does not exist yet; its files are not created here.</summary>
    public LogSegment NewSegment(long baseOffset, long nowMs)
        => new(folder, baseOffset, 0, nowMs, directory.NextJitter(Config), SegmentFiles.None);
}

/// <summary>What one or more cuts have left to be synced.</summary>
/// <param name="From">Base offset of the first segment that was cut.</param>
internal sealed record UnsyncedCut(long From);
