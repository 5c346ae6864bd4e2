using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using Broker.Storage.Loading;
using Broker.Storage.Logs;
using Broker.Storage.Segments;
using Microsoft.Extensions.Logging;

namespace Broker.Storage.Directories;

/// <summary>
/// One entry of <c>log.dirs</c>: the partitions' folders, the checkpoints over them, the lock that keeps other brokers out. Thread-safe, except that a
/// partition's own calls need its lock.
/// </summary>
public sealed class LogDirectory : ILogDirectory
{
    /// <summary>Threads that flush at the end, when nothing else is going on: enough to keep a disk's queue filled.</summary>
    private const int ClosingThreads = 8;

    private readonly HandleCache _handles;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Action<LogDirectory> _onFailure;
    private readonly DelayedDeletes _deletes;
    private readonly PartitionDictionary<PartitionLog> _logs = new();
    private readonly PartitionDictionary<LogState> _rolled = new();
    private readonly IDisposable? _folderLock;
    private DirectoryCheckpoints? _checkpoints;
    private int _offline;

    internal LogDirectory(string path, HandleCache handles, TimeProvider time, Random random, ILogger logger, Action<LogDirectory> onFailure)
    {
        _handles = handles;
        _time = time;
        _random = random;
        _onFailure = onFailure;
        Path = path;
        _logger = logger;
        _deletes = new DelayedDeletes(logger);
        CreateDurably(path);
        _folderLock = Disk.Lock(PathOf(LogFileNames.Lock));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether its disk has failed; nothing is written to it any more.</summary>
    public bool IsOffline => Volatile.Read(ref _offline) != 0;

    /// <summary>Whether the last broker here ended cleanly. Known after loading.</summary>
    public bool WasClean { get; private set; }

    /// <summary>The broker's epoch at its last clean end, -1 where unknown. Known after loading.</summary>
    public long CleanBrokerEpoch { get; private set; } = -1;

    /// <summary>The open logs.</summary>
    public IReadOnlyList<PartitionLog> Logs => _logs.Values;

    /// <summary>Open logs.</summary>
    public int Count => _logs.Count;

    /// <summary>Renamed files and folders that wait for their deletion.</summary>
    public int PendingDeletes => _deletes.Count;

    ILogger ILogDirectory.Logger => _logger;

    private IFileSystem Disk => _handles.Disk;

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The size of the volume that the folder lies on. Asks the system.</summary>
    /// <exception cref="IOException">The system does not say.</exception>
    public VolumeSpace Space() => Disk.SpaceOf(Path);

    /// <summary>The identity in <c>meta.properties</c>; null where there is none.</summary>
    /// <exception cref="CorruptFileException">The file is not of the format.</exception>
    public MetaProperties? ReadIdentity() => MetaProperties.Read(Disk, PathOf(LogFileNames.MetaProperties));

    /// <summary>Writes <c>meta.properties</c>.</summary>
    public void WriteIdentity(MetaProperties identity) => identity.Write(Disk, PathOf(LogFileNames.MetaProperties));

    /// <summary>The topics that a broker has compacted here: those in <c>cleaner-offset-checkpoint</c>. Known after loading.</summary>
    internal IEnumerable<string> CompactedTopics => _checkpoints?.CompactedTopics ?? [];

    /// <summary>The open log of a partition; null where it is not here.</summary>
    public PartitionLog? Find(TopicPartition partition) => _logs.Find(partition);

    /// <summary>Opens all partitions, recovering where the broker did not end cleanly.</summary>
    /// <param name="configOf">Settings by topic.</param>
    /// <param name="threads">Threads of its own to do so (<c>num.recovery.threads.per.data.dir</c>).</param>
    /// <param name="cancel">Ends loading between segments.</param>
    /// <exception cref="IOException">A checkpoint or a log cannot be read: the directory is offline.</exception>
    internal void Load(Func<string, LogConfig> configOf, int threads, CancellationToken cancel)
    {
        long started = _time.GetTimestamp();
        try
        {
            WasClean = CleanShutdownMarker.TryRead(Disk, PathOf(LogFileNames.CleanShutdown), out long brokerEpoch);
            CleanBrokerEpoch = brokerEpoch;
            DirectoryCheckpoints checkpoints = new(Disk, Path, _logger);
            DirectoryFolders folders = DirectoryFolders.Read(Disk, Path);
            foreach (string leftover in folders.ToDelete)
            {
                _deletes.Add(new FolderToDelete(Disk, leftover, [], NowMs));
            }
            LoadAll(folders.Partitions, checkpoints, configOf, threads, cancel);
            // Not earlier: after a crash during loading, the next start must find the same state.
            Disk.DeleteFile(PathOf(LogFileNames.CleanShutdown));
            Disk.SyncDirectory(Path);
            _checkpoints = checkpoints;
            LowerCheckpoints(_logs.Values.Select(log => log.State));
        }
        catch (IOException failure)
        {
            Fail(failure);
            throw;
        }
        StorageLog.DirectoryLoaded(_logger, Path, _logs.Count, (long)_time.GetElapsedTime(started).TotalMilliseconds, WasClean);
    }

    /// <summary>
    /// Creates a partition's folder and log; they are durable with the first flush. What the checkpoints hold of an earlier log of that name is removed before:
    /// after a crash it would be applied to the new log.
    /// </summary>
    /// <exception cref="IOException">There is no room, or the disk fails: then the directory is offline.</exception>
    internal PartitionLog Create(TopicPartition partition, Guid topicId, LogConfig config)
    {
        PartitionLog? created = null;
        OrFail(() =>
        {
            _checkpoints?.Forget(partition, other => _logs.Find(other) is not null);
            Disk.CreateDirectory(PathOf(partition.ToString()));
            created = new LogLoader(this, _handles, partition, config, NowMs).Open(new LoadHints(Clean: false, 0, 0, 0));
            SetTopicId(created, topicId);
            _logs.Set(partition, created);
        });
        return created!;
    }

    /// <summary>
    /// Writes the topic's id where the log has none yet, which is so for topics older than topic ids, and where a power cut has taken the file.
    /// </summary>
    /// <exception cref="IOException">There is no room, or the disk fails: then the directory is offline.</exception>
    public void SetTopicId(PartitionLog log, Guid topicId)
    {
        if (topicId == Guid.Empty || log.TopicId != Guid.Empty)
        {
            return;
        }
        OrFail(() => PartitionMetadataFile.Write(Disk, log.State.Folder.PathOf(LogFileNames.PartitionMetadata), topicId));
        log.State.IsNew = true;
        log.State.FolderIsDirty = true;
        log.TopicId = topicId;
    }

    /// <summary>
    /// Removes a partition's log: its folder is renamed at once and deleted after <c>file.delete.delay.ms</c>. Needs the partition's lock.
    /// </summary>
    /// <exception cref="IOException">The disk fails: the directory is offline.</exception>
    public void Delete(PartitionLog log)
    {
        if (!_logs.Remove(log.Partition, log))
        {
            return;
        }
        _rolled.Remove(log.Partition, log.State);
        try
        {
            log.Close(clean: false, NowMs);
            string renamed = PathOf(LogFileNames.ForDeletion(log.Partition, _random.NextUuid()));
            log.State.Folder.Rename(renamed);
            _deletes.Add(new FolderToDelete(Disk, renamed, log.State.View.Segments, NowMs + log.Config.FileDeleteDelayMs));
            SyncRename(renamed);
        }
        catch (IOException failure)
        {
            Fail(failure);
            throw;
        }
    }

    /// <summary>
    /// Flushes the segments that have rolled since the last call, and logs whose <c>flush.ms</c> has passed; due each second. What has no room now is tried
    /// again at the next call. Blocks on the disk.
    /// </summary>
    public void FlushDue()
    {
        long nowMs = NowMs;
        IOException? failure = null;
        foreach (LogState state in _rolled.Values)
        {
            failure = FlushRolled(state, nowMs) ?? failure;
        }

        foreach (PartitionLog log in _logs.Values)
        {
            if (log.IsFlushDue(nowMs))
            {
                failure = TryFlush(log, log.LogEndOffset, nowMs) ?? failure;
            }
        }

        // A directory that has failed has been reported.
        if (failure is not null && !IsOffline)
        {
            StorageLog.Postponed(_logger, Path, failure);
        }
    }

    /// <summary>Writes <c>recovery-point-offset-checkpoint</c>; due every <c>log.flush.offset.checkpoint.interval.ms</c>. Blocks on the disk.</summary>
    public void CheckpointRecoveryPoints() => CheckpointRecoveryPoints(mustBeWritten: false);

    /// <summary>
    /// Writes <c>log-start-offset-checkpoint</c>: of the logs that start within their first segment; due every
    /// <c>log.flush.start.offset.checkpoint.interval.ms</c>. Blocks on the disk.
    /// </summary>
    public void CheckpointLogStartOffsets() => CheckpointLogStartOffsets(mustBeWritten: false);

    /// <summary>Writes <c>replication-offset-checkpoint</c>; due every <c>replica.high.watermark.checkpoint.interval.ms</c>. Blocks on the disk.</summary>
    public void CheckpointHighWatermarks() => Checkpoint(LogFileNames.HighWatermarks, mustBeWritten: false, log => log.HighWatermark);

    /// <summary>Deletes renamed files and folders whose delay has passed; due every few seconds. Blocks on the disk.</summary>
    public void RunDelayedDeletes()
    {
        if (!IsOffline)
        {
            _deletes.Run(NowMs);
        }
    }

    /// <summary>Closes all logs; where nothing failed, writes the marker of a clean end.</summary>
    internal void Close(long brokerEpoch)
    {
        try
        {
            if (_checkpoints is not null && !IsOffline)
            {
                CloseCleanly(brokerEpoch);
            }
        }
        catch (IOException shortage) when (Shortage.Is(shortage))
        {
            StorageLog.NotClosedCleanly(_logger, Path, shortage);
        }
        catch (IOException failure)
        {
            Fail(failure);
        }
        finally
        {
            _folderLock?.Dispose();
        }
    }

    /// <summary>Ends as a crash does: releases the lock and writes nothing. For tests and for ending at once.</summary>
    internal void Abandon()
    {
        Interlocked.Exchange(ref _offline, 1);
        _folderLock?.Dispose();
    }

    /// <summary>Makes a change that fails the directory, unless only room is short.</summary>
    private void OrFail(Action change)
    {
        try
        {
            change();
        }
        catch (IOException failure)
        {
            if (!Shortage.Is(failure))
            {
                Fail(failure);
            }
            throw;
        }
    }

    private void Fail(IOException failure)
    {
        if (Interlocked.Exchange(ref _offline, 1) != 0)
        {
            return;
        }
        StorageLog.DirectoryFailed(_logger, Path, failure);
        _onFailure(this);
    }

    long ILogDirectory.NextJitter(LogConfig config)
    {
        if (config.SegmentJitterMs <= 0)
        {
            return 0;
        }
        return _random.NextInt64(config.SegmentJitterMs);
    }

    void ILogDirectory.NoteRolled(LogState log) => _rolled.Set(log.Partition, log);

    void ILogDirectory.DeleteLater(LogSegment segment, long dueMs) => _deletes.Add(new SegmentToDelete(segment, dueMs));

    void ILogDirectory.Fail(IOException failure) => Fail(failure);

    void ILogDirectory.LowerCheckpoints(IEnumerable<LogState> changed) => LowerCheckpoints(changed);

    private void LowerCheckpoints(IEnumerable<LogState> changed)
    {
        bool startsAreTooHigh = false;
        bool recoveryPointsAreTooHigh = false;
        foreach (LogState log in changed)
        {
            recoveryPointsAreTooHigh |= _checkpoints?.OffsetIn(LogFileNames.RecoveryPoints, log.Partition) > log.RecoveryPoint;
            startsAreTooHigh |= _checkpoints?.OffsetIn(LogFileNames.LogStartOffsets, log.Partition) > log.LogStart;
        }

        if (recoveryPointsAreTooHigh)
        {
            CheckpointRecoveryPoints(mustBeWritten: true);
        }

        if (startsAreTooHigh)
        {
            CheckpointLogStartOffsets(mustBeWritten: true);
        }
    }

    /// <summary>Makes the renaming durable. Where no handle is left this is only logged: the folder stays renamed unless the power fails.</summary>
    private void SyncRename(string renamed)
    {
        try
        {
            Disk.SyncDirectory(Path);
        }
        catch (IOException shortage) when (Shortage.IsOfHandles(shortage))
        {
            StorageLog.Postponed(_logger, renamed, shortage);
        }
    }

    private void CreateDurably(string folder)
    {
        if (Disk.DirectoryExists(folder))
        {
            return;
        }
        string? parent = System.IO.Path.GetDirectoryName(folder);
        if (parent is not null)
        {
            CreateDurably(parent);
        }
        Disk.CreateDirectory(folder);
        if (parent is not null)
        {
            Disk.SyncDirectory(parent);
        }
    }

    private void LoadAll(IReadOnlyList<TopicPartition> partitions, DirectoryCheckpoints checkpoints, Func<string, LogConfig> configOf, int threads,
        CancellationToken cancel)
    {
        void LoadOne(TopicPartition partition)
        {
            LogLoader loader = new(this, _handles, partition, configOf(partition.Topic), NowMs, cancel);
            _logs.Set(partition, loader.Open(checkpoints.Of(partition, WasClean)));
        }


        BoundedThreads.ForEach(partitions, threads, LoadOne, cancel);
    }

    private void CloseCleanly(long brokerEpoch)
    {
        // The fsyncs of several threads share the file system's commits.
        BoundedThreads.ForEach([.. _logs.Values], ClosingThreads, log => log.Close(clean: true, NowMs), CancellationToken.None);
        CheckpointRecoveryPoints();
        CheckpointLogStartOffsets();
        CheckpointHighWatermarks();
        CleanShutdownMarker.Write(Disk, PathOf(LogFileNames.CleanShutdown), brokerEpoch);
    }

    /// <summary>Flushes the rolled segments of a log. If that fails they are flushed again at the next call.</summary>
    private IOException? FlushRolled(LogState state, long nowMs)
    {
        _rolled.Remove(state.Partition, state);
        if (_logs.Find(state.Partition) is not { } log || !ReferenceEquals(log.State, state))
        {
            return null;
        }

        IOException? failure = TryFlush(log, state.View.Active.BaseOffset, nowMs);
        if (failure is not null)
        {
            _rolled.Set(state.Partition, state);
        }
        return failure;
    }

    /// <summary>Flushes one log and returns its failure, which must not keep the other logs from their flush.</summary>
    private IOException? TryFlush(PartitionLog log, long upToOffset, long nowMs)
    {
        if (IsOffline)
        {
            return null;
        }

        try
        {
            log.Flush(upToOffset, nowMs);
            return null;
        }
        catch (IOException failure)
        {
            return failure;
        }
    }

    private void CheckpointRecoveryPoints(bool mustBeWritten) => Checkpoint(LogFileNames.RecoveryPoints, mustBeWritten, log => log.RecoveryPoint);

    private void CheckpointLogStartOffsets(bool mustBeWritten)
        => Checkpoint(LogFileNames.LogStartOffsets, mustBeWritten,
        log => log.LogStartOffset > log.State.View.Segments[0].BaseOffset ? log.LogStartOffset : null);

    private void Checkpoint(string name, bool mustBeWritten, Func<PartitionLog, long?> offsetOf)
    {
        if (IsOffline || _checkpoints is null)
        {
            return;
        }

        try
        {
            _checkpoints.Write(name, () => OffsetsOf(offsetOf));
        }
        catch (IOException shortage) when (!mustBeWritten && Shortage.Is(shortage))
        {
            // The previous file is complete, only older.
            StorageLog.CheckpointPostponed(_logger, Path, name, shortage);
        }
        catch (IOException failure)
        {
            Fail(failure);
        }
    }

    private Dictionary<TopicPartition, long> OffsetsOf(Func<PartitionLog, long?> offsetOf)
    {
        Dictionary<TopicPartition, long> offsets = new();
        foreach (PartitionLog log in _logs.Values)
        {
            if (offsetOf(log) is { } offset)
            {
                offsets[log.Partition] = offset;
            }
        }

        return offsets;
    }

    private string PathOf(string name) => System.IO.Path.Combine(Path, name);
}
