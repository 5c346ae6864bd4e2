using Microsoft.Extensions.Logging;

namespace Broker.Storage;

/// <summary>The log messages of storage.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(14, LogLevel.Warning, "Log directory {Directory}: {Checkpoint} cannot be written now; the previous file stays, and the broker tries again")]
    public static partial void CheckpointPostponed(ILogger logger, string directory, string checkpoint, Exception shortage);

    [LoggerMessage(15, LogLevel.Warning, "Log directory {Directory} could not be closed cleanly: its logs are recovered at the next start")]
    public static partial void NotClosedCleanly(ILogger logger, string directory, Exception shortage);

    [LoggerMessage(16, LogLevel.Warning, "Log directory {Directory}: a flush to the disk could not be done now; the broker tries again")]
    public static partial void Postponed(ILogger logger, string directory, Exception shortage);

    [LoggerMessage(1, LogLevel.Error, "Appending to {Partition} failed; the segment is cut back to where it ended before the append")]
    public static partial void AppendFailed(ILogger logger, TopicPartition partition, Exception failure);

    [LoggerMessage(2, LogLevel.Critical, "Log directory {Directory} failed and is offline")]
    public static partial void DirectoryFailed(ILogger logger, string directory, Exception failure);

    [LoggerMessage(3, LogLevel.Warning, "{Partition}: a producer snapshot is ignored: {Reason}")]
    public static partial void SnapshotDropped(ILogger logger, TopicPartition partition, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Partition}: the segment at {BaseOffset} is scanned and its indexes are rebuilt: {Reason}")]
    public static partial void SegmentRecovered(ILogger logger, TopicPartition partition, long baseOffset, string reason);

    [LoggerMessage(5, LogLevel.Warning,
        "{Partition}: {Bytes} bytes at the end of the segment at {BaseOffset} are not a complete, valid batch and are cut off; the log ends at {EndOffset}")]
    public static partial void SegmentTruncated(ILogger logger, TopicPartition partition, long bytes, long baseOffset, long endOffset);

    [LoggerMessage(6, LogLevel.Warning, "{Partition}: the segment at {BaseOffset} follows a truncated segment and is deleted")]
    public static partial void SegmentDropped(ILogger logger, TopicPartition partition, long baseOffset);

    [LoggerMessage(7, LogLevel.Warning, "{Partition}: the leader epochs are rebuilt from the log's batches: {Reason}")]
    public static partial void EpochsRebuilt(ILogger logger, TopicPartition partition, string reason);

    [LoggerMessage(8, LogLevel.Information, "Log directory {Directory}: {Count} partitions opened in {Milliseconds} ms, shut down cleanly before: {Clean}")]
    public static partial void DirectoryLoaded(ILogger logger, string directory, int count, long milliseconds, bool clean);

    [LoggerMessage(9, LogLevel.Warning, "A checkpoint is ignored: {Reason}")]
    public static partial void CheckpointDropped(ILogger logger, string reason);

    [LoggerMessage(10, LogLevel.Information, "{Partition}: {Count} old segments deleted, the log starts at {LogStartOffset}")]
    public static partial void SegmentsDeleted(ILogger logger, TopicPartition partition, int count, long logStartOffset);

    [LoggerMessage(11, LogLevel.Warning, "{Folder} could not be deleted yet; the broker tries again")]
    public static partial void DeleteFailed(ILogger logger, string folder, Exception failure);

    [LoggerMessage(17, LogLevel.Warning,
        "{Partition}: the checkpoints are of another log and are ignored: recovery point {RecoveryPoint}, log start {LogStartOffset}, log end {LogEndOffset}")]
    public static partial void CheckpointsRefused(ILogger logger, TopicPartition partition, long recoveryPoint, long logStartOffset, long logEndOffset);

    [LoggerMessage(18, LogLevel.Warning, "{Partition}: no records between {From} and {To}, where the next segment starts")]
    public static partial void GapBetweenSegments(ILogger logger, TopicPartition partition, long from, long to);

    [LoggerMessage(12, LogLevel.Warning, "{Partition}: partition.metadata is ignored, and the topic's id will be written again: {Reason}")]
    public static partial void TopicIdDropped(ILogger logger, TopicPartition partition, string reason);
}
