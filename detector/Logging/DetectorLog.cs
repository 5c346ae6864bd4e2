namespace Game.Detector.Logging;

/// <summary>All log messages of the detector.</summary>
internal static partial class DetectorLog
{
    [LoggerMessage(1, LogLevel.Information, "Assigned {Topic}/{Partition}")]
    public static partial void Assigned(ILogger log, string topic, int partition);

    [LoggerMessage(2, LogLevel.Information, "Released {Topic}/{Partition}: {Why}")]
    public static partial void Released(ILogger log, string topic, int partition, string why);

    [LoggerMessage(3, LogLevel.Information, "Left the group that reads {Topic}")]
    public static partial void Left(ILogger log, string topic);

    [LoggerMessage(4, LogLevel.Information, "Rebuilding partition {Partition} from offset {From} to {Target}")]
    public static partial void RebuildStarted(ILogger log, int partition, long from, long target);

    [LoggerMessage(5, LogLevel.Information, "Rebuilding partition {Partition}: at offset {At} of {Target}, {Percent} %")]
    public static partial void Rebuilding(ILogger log, int partition, long at, long target, int percent);

    [LoggerMessage(6, LogLevel.Information,
        "Partition {Partition} is live at offset {Offset} with {Players} players; {Raised} alerts for records from there on have been raised before")]
    public static partial void Live(ILogger log, int partition, long offset, int players, int raised);

    [LoggerMessage(7, LogLevel.Warning,
        "The rebuild of partition {Partition} starts at offset {From}, not 0: older events have expired, so its windows and baselines begin there")]
    public static partial void RebuildIncomplete(ILogger log, int partition, long from);

    [LoggerMessage(8, LogLevel.Warning,
        "The committed offset {Committed} of partition {Partition} lies beyond the log's end {End}: reading continues at the end")]
    public static partial void CommittedBeyondEnd(ILogger log, int partition, long committed, long end);

    [LoggerMessage(9, LogLevel.Warning, "The rebuild of partition {Partition} begins again after an error: {Reason}")]
    public static partial void RebuildFailed(ILogger log, int partition, string reason);

    [LoggerMessage(10, LogLevel.Warning, "Dead letter: {Topic}/{Partition} at offset {Offset}: {Reason}")]
    public static partial void DeadLetter(ILogger log, string topic, int partition, long offset, string reason);

    [LoggerMessage(11, LogLevel.Warning, "A commit of offsets failed; the next commit, of this or another member, repeats it: {Reason}")]
    public static partial void CommitFailed(ILogger log, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Kafka {Client}: {Reason}")]
    public static partial void ClientError(ILogger log, string client, string reason);

    [LoggerMessage(13, LogLevel.Debug, "{Client}: {Text}")]
    public static partial void Client(ILogger log, string client, string text);

    [LoggerMessage(14, LogLevel.Information,
        "Rules ip-change/{IpChange}, wealth-change/{WealthChange} and reused-id/{ReusedId}; group {Group} reads {Topic} on {Bootstrap}")]
    public static partial void Started(ILogger log, string ipChange, string wealthChange, string reusedId, string group, string topic, string bootstrap);

    [LoggerMessage(15, LogLevel.Information, "Copying critical alerts to {Topic}; group {Group} on {Bootstrap}")]
    public static partial void FilterStarted(ILogger log, string topic, string group, string bootstrap);

    [LoggerMessage(16, LogLevel.Information, "Health and metrics on {Address}")]
    public static partial void Listening(ILogger log, string address);

    [LoggerMessage(17, LogLevel.Warning, "A record for {Topic} was too large and is written in a shorter form")]
    public static partial void TooLarge(ILogger log, string topic);

    [LoggerMessage(18, LogLevel.Information,
        "The rebuild of partition {Partition} waits until {Count} records that this process sent for it before are acknowledged")]
    public static partial void AwaitingEarlierRecords(ILogger log, int partition, int count);

    [LoggerMessage(40, LogLevel.Warning, "{Warning}")]
    public static partial void TopicWeak(ILogger log, string warning);

    [LoggerMessage(41, LogLevel.Warning,
        "Alerts of partition {Partition} have expired: no alert is raised for its records from offset {Committed} to {JudgedBefore}, "
        + "which a detector has judged before; set retention.ms=-1 on the topic alerts")]
    public static partial void AlertsExpired(ILogger log, int partition, long committed, long judgedBefore);
}
