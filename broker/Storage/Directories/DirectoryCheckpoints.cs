using Broker.Storage.Checkpoints;
using Broker.Storage.Files;
using Broker.Storage.Loading;

namespace Broker.Storage.Directories;

/// <summary>The offsets that a log directory's checkpoints hold when it is opened.</summary>
internal sealed class DirectoryCheckpoints(IFileSystem disk, string folder)
{
    private readonly Dictionary<TopicPartition, long> highWatermarks = OffsetCheckpoint.Read(disk, Path.Combine(folder, LogFileNames.HighWatermarks));

    public Dictionary<TopicPartition, long> RecoveryPoints { get; } = OffsetCheckpoint.Read(disk, Path.Combine(folder, LogFileNames.RecoveryPoints));

    public Dictionary<TopicPartition, long> Starts { get; } = OffsetCheckpoint.Read(disk, Path.Combine(folder, LogFileNames.LogStartOffsets));

    public LoadHints Of(TopicPartition partition, bool clean)
        => new(clean, RecoveryPoints.GetValueOrDefault(partition), Starts.GetValueOrDefault(partition), highWatermarks.GetValueOrDefault(partition));
}
