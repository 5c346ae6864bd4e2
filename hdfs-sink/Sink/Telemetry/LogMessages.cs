namespace Game.HdfsSink.Telemetry;

internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "Resuming {Topic}-{Partition} at {Position}; its log begins at {LogStart} and ends at {LogEnd}")]
    public static partial void Opened(ILogger log, string topic, int partition, long position, long logStart, long logEnd);

    [LoggerMessage(2, LogLevel.Information, "Committed {Topic}-{Partition} from {First} to {Next}: {Rows} rows in {Files} files, {Milliseconds:0} ms")]
    public static partial void Committed(ILogger log, string topic, int partition, long first, long next, long rows, int files, double milliseconds);

    [LoggerMessage(3, LogLevel.Warning, "Another sink committed {Topic}-{Partition} from {First}; this sink continues at {Position}")]
    public static partial void ClaimLost(ILogger log, string topic, int partition, long first, long position);

    [LoggerMessage(4, LogLevel.Warning, "The session failed and starts again from the manifests in {Pause} s: {Reason}")]
    public static partial void SessionFailed(ILogger log, double pause, string reason);

    [LoggerMessage(11, LogLevel.Debug, "The exception that ended the session")]
    public static partial void SessionFailedAt(ILogger log, Exception error);

    [LoggerMessage(8, LogLevel.Warning, "{Warning}")]
    public static partial void Misplaced(ILogger log, string warning);

    [LoggerMessage(9, LogLevel.Error, "{Topic}-{Partition} is not written until the sink is started again: {Reason}")]
    public static partial void Refused(ILogger log, string topic, int partition, string reason);

    [LoggerMessage(10, LogLevel.Error, "Stopped before all records held were committed: {Reason}")]
    public static partial void StoppedUnfinished(ILogger log, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Kafka client: {Reason}")]
    public static partial void ClientError(ILogger log, string reason);

    [LoggerMessage(6, LogLevel.Debug, "Kafka client: {Message}")]
    public static partial void ClientLog(ILogger log, string message);

    [LoggerMessage(7, LogLevel.Warning, "{Warning}")]
    public static partial void TopicWeak(ILogger log, string warning);
}
