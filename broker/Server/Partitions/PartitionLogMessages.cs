using Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Partitions;

/// <summary>The partitions' log messages.</summary>
internal static partial class PartitionLogMessages
{
    [LoggerMessage(EventId = 3000, Level = LogLevel.Error, Message = "Partition {Partition} is offline: its log directory has failed.")]
    public static partial void WentOffline(ILogger logger, TopicPartition partition);

    [LoggerMessage(EventId = 3001, Level = LogLevel.Error, Message = "Flushing partition {Partition} failed.")]
    public static partial void FlushFailed(ILogger logger, TopicPartition partition, Exception failure);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Information, Message = "Partition {Partition}: leader of epoch {LeaderEpoch} from offset {Offset}.")]
    public static partial void Leads(ILogger logger, TopicPartition partition, int leaderEpoch, long offset);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Information, Message = "Partition {Partition}: follower of broker {LeaderId} in epoch {LeaderEpoch}.")]
    public static partial void Follows(ILogger logger, TopicPartition partition, int leaderId, int leaderEpoch);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Information, Message = "Partition {Partition} stopped (deleted: {Deleted}).")]
    public static partial void Stopped(ILogger logger, TopicPartition partition, bool deleted);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Warning,
        Message = "The controller's request of epoch {ControllerEpoch} (broker epoch {BrokerEpoch}) is refused: {Error}.")]
    public static partial void ControllerRefused(ILogger logger, int controllerEpoch, long brokerEpoch, Broker.Protocol.ErrorCode error);

    [LoggerMessage(EventId = 3006, Level = LogLevel.Warning,
        Message = "Partition {Partition}: the controller's assignment of epoch {LeaderEpoch} is refused: {Error}.")]
    public static partial void AssignmentRefused(ILogger logger, TopicPartition partition, int leaderEpoch, Broker.Protocol.ErrorCode error);

    [LoggerMessage(EventId = 3007, Level = LogLevel.Error, Message = "The log of partition {Partition} cannot be opened, created or deleted.")]
    public static partial void LogFailed(ILogger logger, TopicPartition partition, Exception failure);

    [LoggerMessage(EventId = 3009, Level = LogLevel.Error,
        Message = "There is no room for the log of partition {Partition}: the broker tries again until there is.")]
    public static partial void LogWithoutRoom(ILogger logger, TopicPartition partition, Exception failure);

    [LoggerMessage(EventId = 3010, Level = LogLevel.Information, Message = "Partition {Partition}: in-sync replicas are {Isr} (were {Former}).")]
    public static partial void IsrChanged(ILogger logger, TopicPartition partition, string isr, string former);

    [LoggerMessage(EventId = 3011, Level = LogLevel.Warning, Message = "Partition {Partition}: the controller refuses {Isr} as the in-sync replicas: {Error}.")]
    public static partial void ProposalRefused(ILogger logger, TopicPartition partition, string isr, Broker.Protocol.ErrorCode error);

    [LoggerMessage(EventId = 3012, Level = LogLevel.Information,
        Message = "Partition {Partition}: the log is cut from {From} to {To}, where it agrees with the leader's.")]
    public static partial void Truncated(ILogger logger, TopicPartition partition, long from, long to);

    [LoggerMessage(EventId = 3008, Level = LogLevel.Error, Message = "Reading partition {Partition} failed.")]
    public static partial void ReadFailed(ILogger logger, TopicPartition partition, Exception failure);
}
