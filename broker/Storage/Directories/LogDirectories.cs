using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Microsoft.Extensions.Logging;

namespace Broker.Storage.Directories;

/// <summary>How the log directories are opened.</summary>
public sealed record StorageOptions
{
    /// <summary><c>log.dirs</c>: full paths.</summary>
    public required IReadOnlyList<string> Directories { get; init; }

    /// <summary><c>num.recovery.threads.per.data.dir</c>.</summary>
    public int RecoveryThreads { get; init; } = 1;

    /// <summary>Files held open at most; see <see cref="HandleShares"/>.</summary>
    public int OpenFiles { get; init; } = HandleShares.OfProcess().Files;

    /// <summary>Gives the segments' jitter and the names of deleted folders; thread-safe where several directories or threads use it.</summary>
    public required Random Random { get; init; }

    /// <summary>
    /// Called once for each directory whose disk has failed, on the thread that met the failure. That thread may hold a partition's lock, so the callee must
    /// hand the work over to another thread and return.
    /// </summary>
    public Action<LogDirectory>? OnDirectoryFailed { get; init; }
}

/// <summary>A log directory belongs to another broker or cluster.</summary>
public sealed class IdentityMismatchException(string message) : IOException(message);

/// <summary>
/// All log directories of a broker. Opened (locked) first, then <see cref="EnsureIdentity"/>, then <see cref="Load"/>. The periodic work of
/// each directory is in its own methods, which the server runs on threads that may block. Thread-safe, except that a partition's own calls need its lock.
/// </summary>
public sealed class LogDirectories
{
    private readonly LogDirectory[] _directories;
    private readonly StorageOptions _options;

    private LogDirectories(LogDirectory[] directories, StorageOptions options)
    {
        _directories = directories;
        _options = options;
    }

    /// <summary>The directories, in configured order.</summary>
    public IReadOnlyList<LogDirectory> Directories => _directories;

    /// <summary>Those whose disks work.</summary>
    public IEnumerable<LogDirectory> Online => _directories.Where(d => !d.IsOffline);

    /// <summary>All open logs.</summary>
    public IEnumerable<PartitionLog> Logs => _directories.SelectMany(d => d.Logs);

    /// <summary>Locks all directories.</summary>
    /// <exception cref="IOException">One cannot be created, or another broker holds it.</exception>
    public static LogDirectories Open(StorageOptions options, IFileSystem disk, TimeProvider time, ILoggerFactory loggers)
    {
        HandleCache handles = new(disk, options.OpenFiles);
        ILogger logger = loggers.CreateLogger("Broker.Storage");
        List<LogDirectory> opened = new();
        try
        {
            foreach (string path in options.Directories)
            {
                opened.Add(new LogDirectory(Path.GetFullPath(path), handles, time, options.Random, logger, d => options.OnDirectoryFailed?.Invoke(d)));
            }
        }
        catch (IOException)
        {
            foreach (LogDirectory directory in opened)
            {
                directory.Abandon();
            }
            throw;
        }
        return new LogDirectories([.. opened], options);
    }

    /// <summary>
    /// Checks the identity in every directory's <c>meta.properties</c> against the cluster's and, where it is configured, the broker's id, and writes it where
    /// it is missing.
    /// </summary>
    /// <param name="clusterId">The cluster's id; null where the embedded coordination adopts the folder's.</param>
    /// <param name="brokerId">The configured id; null or negative to take the folder's.</param>
    /// <param name="generate">Gives the identity where no directory has one.</param>
    /// <returns>The identity in force.</returns>
    /// <exception cref="IdentityMismatchException">A directory belongs to another broker or cluster; the message says which.</exception>
    public MetaProperties EnsureIdentity(string? clusterId, int? brokerId, Func<MetaProperties> generate)
    {
        MetaProperties? known = null;
        foreach (LogDirectory directory in _directories)
        {
            if (directory.ReadIdentity() is not { } found)
            {
                continue;
            }
            if (clusterId is not null && !string.Equals(found.ClusterId, clusterId, StringComparison.Ordinal))
            {
                throw new IdentityMismatchException($"'{directory.Path}' belongs to cluster {found.ClusterId}, not to {clusterId}");
            }
            if (brokerId >= 0 && found.BrokerId != brokerId)
            {
                throw new IdentityMismatchException($"'{directory.Path}' belongs to broker {found.BrokerId}; broker.id is {brokerId}");
            }
            if (known is not null && (known.BrokerId != found.BrokerId || !string.Equals(known.ClusterId, found.ClusterId, StringComparison.Ordinal)))
            {
                throw new IdentityMismatchException(
                    $"'{directory.Path}' belongs to broker {found.BrokerId} of cluster {found.ClusterId}, another log directory to broker {known.BrokerId} of {known.ClusterId}");
            }
            known ??= found;
        }
        MetaProperties identity = known ?? generate();
        foreach (LogDirectory directory in _directories)
        {
            if (directory.ReadIdentity() is null)
            {
                directory.WriteIdentity(identity with { DirectoryId = null });
            }
        }
        return identity;
    }

    /// <summary>The identity that the first directory which has one holds; null where none has.</summary>
    public MetaProperties? ReadIdentity() => _directories.Select(d => d.ReadIdentity()).FirstOrDefault(i => i is not null);

    /// <summary>The topics that a broker has compacted in one of the online directories.</summary>
    public IReadOnlySet<string> CompactedTopics() => Online.SelectMany(d => d.CompactedTopics).ToHashSet(StringComparer.Ordinal);

    /// <summary>Opens all partitions of all directories, recovering where needed. A directory that fails goes offline; the others are loaded.</summary>
    /// <param name="configOf">Settings by topic.</param>
    /// <param name="cancel">Ends loading between segments.</param>
    /// <exception cref="IOException">Not one directory could be loaded: the first one's failure.</exception>
    public void Load(Func<string, LogConfig> configOf, CancellationToken cancel = default)
    {
        IOException? first = null;
        foreach (LogDirectory directory in _directories)
        {
            try
            {
                directory.Load(configOf, _options.RecoveryThreads, cancel);
            }
            catch (IOException failure)
            {
                first ??= failure;
            }
        }
        if (first is not null && !Online.Any())
        {
            throw first;
        }
    }

    /// <summary>The open log of a partition; null where no online directory has it.</summary>
    public PartitionLog? Find(TopicPartition partition)
    {
        foreach (LogDirectory directory in _directories)
        {
            if (!directory.IsOffline && directory.Find(partition) is { } log)
            {
                return log;
            }
        }
        return null;
    }

    /// <summary>Whether a partition's log lies in a directory whose disk has failed.</summary>
    public bool IsOffline(TopicPartition partition) => _directories.Any(d => d.IsOffline && d.Find(partition) is not null);

    /// <summary>The log of a partition, created in the directory with the fewest where there is none.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="topicId">The topic's id, noted where the log has none; empty for none.</param>
    /// <param name="config">Its settings, in force from now on.</param>
    /// <exception cref="IOException">The disk fails, or all directories are offline.</exception>
    public PartitionLog GetOrCreate(TopicPartition partition, Guid topicId, LogConfig config)
    {
        if (Find(partition) is { } found)
        {
            found.Config = config;
            DirectoryOf(found).SetTopicId(found, topicId);
            return found;
        }
        LogDirectory emptiest = Online.MinBy(d => d.Count) ?? throw new IOException("all log directories are offline");
        return emptiest.Create(partition, topicId, config);
    }

    /// <summary>Removes a partition's log; its folder is renamed now and deleted later. Needs the partition's lock.</summary>
    /// <exception cref="IOException">The disk fails: the directory is offline.</exception>
    public void Delete(PartitionLog log) => DirectoryOf(log).Delete(log);

    /// <summary>Flushes and closes all logs and leaves the marker of a clean end.</summary>
    /// <param name="brokerEpoch">The broker's epoch, -1 for none.</param>
    public void Close(long brokerEpoch)
    {
        foreach (LogDirectory directory in _directories)
        {
            directory.Close(brokerEpoch);
        }
    }

    /// <summary>Ends as if the process died: releases the locks, flushes nothing and leaves no marker of a clean end.</summary>
    public void Abandon()
    {
        foreach (LogDirectory directory in _directories)
        {
            directory.Abandon();
        }
    }

    private LogDirectory DirectoryOf(PartitionLog log) => _directories.Single(d => ReferenceEquals(d, log.State.Directory));
}
