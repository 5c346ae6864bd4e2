using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using Broker.Storage.Loading;
using Microsoft.Extensions.Logging;

namespace Broker.Storage.Directories;

/// <summary>
/// The checkpoint files of one log directory, with the entries that each one holds on the disk. An entry belongs to the log that had the partition's name when
/// the file was written: <see cref="Forget"/> removes it before another log gets that name. Thread-safe.
/// </summary>
internal sealed class DirectoryCheckpoints
{
    private readonly IFileSystem _disk;
    private readonly string _folder;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<TopicPartition, long>> _written = new(StringComparer.Ordinal);

    /// <summary>Reads all files.</summary>
    /// <exception cref="CorruptFileException">One is not of the format; only the cleaner's, which nothing here depends on, counts as empty then.</exception>
    public DirectoryCheckpoints(IFileSystem disk, string folder, ILogger logger)
    {
        _disk = disk;
        _folder = folder;
        foreach (string name in (string[])[LogFileNames.RecoveryPoints, LogFileNames.LogStartOffsets, LogFileNames.HighWatermarks])
        {
            _written[name] = OffsetCheckpoint.Read(disk, PathOf(name));
        }

        _written[LogFileNames.CleanerOffsets] = ReadCleanerOffsets(logger);
    }

    /// <summary>The topics that a broker has compacted here.</summary>
    public IReadOnlyCollection<string> CompactedTopics
    {
        get
        {
            lock (_lock)
            {
                return [.. _written[LogFileNames.CleanerOffsets].Keys.Select(partition => partition.Topic)];
            }
        }
    }

    /// <summary>What the files hold of a partition.</summary>
    public LoadHints Of(TopicPartition partition, bool clean)
        => new(clean, OffsetIn(LogFileNames.RecoveryPoints, partition), OffsetIn(LogFileNames.LogStartOffsets, partition),
        OffsetIn(LogFileNames.HighWatermarks, partition));

    /// <summary>The offset that a file holds for a partition; 0 where it has none.</summary>
    public long OffsetIn(string name, TopicPartition partition)
    {
        lock (_lock)
        {
            return _written[name].GetValueOrDefault(partition);
        }
    }

    /// <summary>Replaces a file's entries, durably.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="collect">Gives the entries; called when no other write is under way, so that a later write never holds earlier offsets.</param>
    /// <exception cref="IOException">The file may hold the entries before or the new ones.</exception>
    public void Write(string name, Func<Dictionary<TopicPartition, long>> collect)
    {
        lock (_lock)
        {
            Replace(name, collect());
        }
    }

    /// <summary>
    /// Removes the entries of a partition, durably, together with those of all other partitions that have no log any more; no file is touched that has none of
    /// this one.
    /// </summary>
    /// <param name="partition">The name that a new log is about to get.</param>
    /// <param name="hasLog">Whether a log of that name is open.</param>
    /// <exception cref="IOException">Entries may be left: the log must not be created.</exception>
    public void Forget(TopicPartition partition, Predicate<TopicPartition> hasLog)
    {
        lock (_lock)
        {
            foreach (string name in _written.Keys.Where(name => _written[name].ContainsKey(partition)).ToArray())
            {
                Replace(name, _written[name].Where(entry => hasLog(entry.Key)).ToDictionary());
            }
        }
    }

    private void Replace(string name, Dictionary<TopicPartition, long> entries)
    {
        Dictionary<TopicPartition, long> before = _written[name];
        try
        {
            OffsetCheckpoint.Write(_disk, PathOf(name), entries);
            _written[name] = entries;
        }
        catch (IOException)
        {
            // The old or the new entries may be on the disk now.
            foreach ((TopicPartition partition, long offset) in entries)
            {
                before[partition] = Math.Max(offset, before.GetValueOrDefault(partition));
            }

            throw;
        }
    }

    private Dictionary<TopicPartition, long> ReadCleanerOffsets(ILogger logger)
    {
        try
        {
            return OffsetCheckpoint.Read(_disk, PathOf(LogFileNames.CleanerOffsets));
        }
        catch (CorruptFileException bad)
        {
            StorageLog.CheckpointDropped(logger, bad.Message);
            return [];
        }
    }

    private string PathOf(string name) => Path.Combine(_folder, name);
}
