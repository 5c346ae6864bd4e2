using Microsoft.Extensions.Logging;

namespace Broker.Storage;

/// <summary>What storage says.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(14, LogLevel.Warning, "Log directory {Directory}: {Checkpoint} cannot be written now; the one before stays, and it is tried again")]
    public static partial void CheckpointPostponed(ILogger logger, string directory, string checkpoint, Exception shortage);

    [LoggerMessage(15, LogLevel.Warning, "Log directory {Directory} could not be closed cleanly: its logs are recovered at the next start")]
    public static partial void NotClosedCleanly(ILogger logger, string directory, Exception shortage);

    [LoggerMessage(16, LogLevel.Warning, "Log directory {Directory}: work that was due could not be done now and is tried again")]
    public static partial void Postponed(ILogger logger, string directory, Exception shortage);

    [LoggerMessage(1, LogLevel.Error, "Appending to {Partition} failed; the segment is cut back to its end before")]
    public static partial void AppendFailed(ILogger logger, TopicPartition partition, Exception failure);

    [LoggerMessage(2, LogLevel.Critical, "Log directory {Directory} failed and is offline")]
    public static partial void DirectoryFailed(ILogger logger, string directory, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "{Partition}: a producer snapshot is left out: {Reason}")]
    public static partial void SnapshotDropped(ILogger logger, TopicPartition partition, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Partition}: the segment at {BaseOffset} is scanned and its indexes are rebuilt: {Reason}")]
    public static partial void SegmentRecovered(ILogger logger, TopicPartition partition, long baseOffset, string reason);

    [LoggerMessage(5, LogLevel.Warning,
        "{Partition}: {Bytes} bytes at the end of the segment at {BaseOffset} are no whole good batch and are cut off; the log ends at {EndOffset}")]
    public static partial void SegmentTruncated(ILogger logger, TopicPartition partition, long bytes, long baseOffset, long endOffset);

    [LoggerMessage(6, LogLevel.Warning, "{Partition}: the segment at {BaseOffset} follows a truncated one and is deleted")]
    public static partial void SegmentDropped(ILogger logger, TopicPartition partition, long baseOffset);

    [LoggerMessage(7, LogLevel.Warning, "{Partition}: the leader epochs are read anew from the log: {Reason}")]
    public static partial void EpochsRebuilt(ILogger logger, TopicPartition partition, string reason);

    [LoggerMessage(8, LogLevel.Information, "Log directory {Directory}: {Count} partitions opened in {Milliseconds} ms, shut down cleanly before: {Clean}")]
    public static partial void DirectoryLoaded(ILogger logger, string directory, int count, long milliseconds, bool clean);

    [LoggerMessage(9, LogLevel.Warning, "Checkpoint left out: {Reason}")]
    public static partial void CheckpointDropped(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Information, "{Partition}: {Count} old segments deleted, the log starts at {LogStartOffset}")]
    public static partial void SegmentsDeleted(ILogger logger, TopicPartition partition, int count, long logStartOffset);

    [LoggerMessage(11, LogLevel.Warning, "{Folder} could not be deleted yet and is tried again")]
    public static partial void DeleteFailed(ILogger logger, string folder, Exception failure);

    [LoggerMessage(17, LogLevel.Warning,
        "{Partition}: the checkpoints are not this log's, which ends at {LogEndOffset}: recovery point {RecoveryPoint}, log start offset {LogStartOffset}; they are not used")]
    public static partial void CheckpointsRefused(ILogger logger, TopicPartition partition, long logEndOffset, long recoveryPoint, long logStartOffset);

    [LoggerMessage(18, LogLevel.Warning, "{Partition}: no records between {From} and {To}, where the next segment starts")]
    public static partial void GapBetweenSegments(ILogger logger, TopicPartition partition, long from, long to);

    [LoggerMessage(12, LogLevel.Warning, "{Partition}: the topic's id is left out and will be noted anew: {Reason}")]
    public static partial void TopicIdDropped(ILogger logger, TopicPartition partition, string reason);
}
