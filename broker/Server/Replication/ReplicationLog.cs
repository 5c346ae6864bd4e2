using Broker.Protocol;
using Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Replication;

/// <summary>The log messages of followers and of changes of the in-sync replicas.</summary>
internal static partial class ReplicationLog
{
    [LoggerMessage(EventId = 3100, Level = LogLevel.Warning, Message = "Broker {LeaderId} cannot be followed: {Reason}. The follower tries again.")]
    public static partial void LeaderUnreachable(ILogger logger, int leaderId, string reason);

    [LoggerMessage(EventId = 3101, Level = LogLevel.Information, Message = "Broker {LeaderId} is followed again.")]
    public static partial void LeaderReachable(ILogger logger, int leaderId);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Warning, Message = "Broker {LeaderId} refuses a fetch: {Error}.")]
    public static partial void FetchRefused(ILogger logger, int leaderId, ErrorCode error);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Error, Message = "A fetch from broker {LeaderId} failed.")]
    public static partial void FetchFailed(ILogger logger, int leaderId, Exception failure);

    [LoggerMessage(EventId = 3104, Level = LogLevel.Warning, Message = "Partition {Partition} is not fetched from broker {LeaderId} for a while: {Error}.")]
    public static partial void PartitionDelayed(ILogger logger, TopicPartition partition, int leaderId, ErrorCode error);

    [LoggerMessage(EventId = 3105, Level = LogLevel.Warning,
        Message = "The in-sync replicas of {Count} partitions could not be changed: the controller answers {Error}.")]
    public static partial void ProposalsRefused(ILogger logger, int count, ErrorCode error);

    [LoggerMessage(EventId = 3106, Level = LogLevel.Error, Message = "A change of the in-sync replicas failed.")]
    public static partial void ProposalsFailed(ILogger logger, Exception failure);
}
