using Broker.Coordination;
using Broker.Protocol;
using Broker.Storage;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Controller;

/// <summary>What the controller logs.</summary>
internal sealed partial class ControllerLog(ILogger logger)
{
    /// <summary>Partitions that one line names.</summary>
    private const int MostNamed = 5;

    [LoggerMessage(1, LogLevel.Information, "Broker {Broker} is the controller with epoch {Epoch}")]
    private static partial void LogElectedController(ILogger logger, int broker, int epoch);

    [LoggerMessage(2, LogLevel.Information, "Broker {Broker} is the controller; this broker follows")]
    private static partial void LogFollows(ILogger logger, int broker);

    [LoggerMessage(3, LogLevel.Information, "Resigned as the controller of epoch {Epoch}")]
    private static partial void LogResigned(ILogger logger, int epoch);

    [LoggerMessage(4, LogLevel.Warning, "{Count} partitions have no live replica that could lead them, among them {Some}")]
    private static partial void LogNoLeaders(ILogger logger, int count, string some);

    [LoggerMessage(5, LogLevel.Error, "Partition {Partition} cannot go from {From} to {To}")]
    private static partial void LogPartitionRefused(ILogger logger, TopicPartition partition, PartitionStatus from, PartitionStatus to);

    [LoggerMessage(6, LogLevel.Error, "Replica {Replica} cannot go from {From} to {To}")]
    private static partial void LogReplicaRefused(ILogger logger, Replica replica, ReplicaState from, ReplicaState to);

    [LoggerMessage(7, LogLevel.Warning, "Partition {Partition} is led by {Leader}, which was not in sync: acknowledged records may be lost")]
    private static partial void LogUnclean(ILogger logger, TopicPartition partition, int leader);

    [LoggerMessage(8, LogLevel.Debug, "Partition {Partition} is led by {Leader} with epoch {LeaderEpoch}")]
    private static partial void LogElected(ILogger logger, TopicPartition partition, int leader, int leaderEpoch);

    [LoggerMessage(9, LogLevel.Warning, "The controller pauses: coordination answered {Code}")]
    private static partial void LogPaused(ILogger logger, Code code);

    [LoggerMessage(10, LogLevel.Error, "The controller's event {Event} failed")]
    private static partial void LogFailed(ILogger logger, string @event, Exception problem);

    [LoggerMessage(11, LogLevel.Information, "Brokers added: {Added}, removed: {Removed}, restarted: {Restarted}")]
    private static partial void LogBrokers(ILogger logger, string added, string removed, string restarted);

    [LoggerMessage(12, LogLevel.Information, "Topic {Topic} has been created with {Partitions} partitions")]
    private static partial void LogCreated(ILogger logger, string topic, int partitions);

    [LoggerMessage(13, LogLevel.Information, "Topic {Topic} has been deleted")]
    private static partial void LogDeleted(ILogger logger, string topic);

    [LoggerMessage(14, LogLevel.Warning, "Broker {Broker} could not delete {Partition}: {Error}")]
    private static partial void LogNotDeleted(ILogger logger, int broker, TopicPartition partition, ErrorCode error);

    [LoggerMessage(15, LogLevel.Information, "Broker {Broker} shuts down; it still leads {Remaining} partitions of which other brokers have replicas")]
    private static partial void LogShutdown(ILogger logger, int broker, int remaining);

    [LoggerMessage(16, LogLevel.Error, "A request of the controller to broker {Broker} could not be carried out")]
    private static partial void LogNotSent(ILogger logger, int broker, Exception problem);

    [LoggerMessage(17, LogLevel.Warning, "The controller's requests to broker {Broker} are repeated until it answers: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, int broker, string reason);

    [LoggerMessage(18, LogLevel.Error, "This broker's part in the cluster is interrupted; it is tried again")]
    private static partial void LogInterrupted(ILogger logger, Exception problem);

    [LoggerMessage(19, LogLevel.Warning, "A notice is dropped: {Reason}")]
    private static partial void LogNoticeDropped(ILogger logger, string reason);

    [LoggerMessage(20, LogLevel.Information, "Broker {Broker} is to lead {Partitions} more of the {All} partitions that prefer it")]
    private static partial void LogBalances(ILogger logger, int broker, int partitions, int all);

    [LoggerMessage(21, LogLevel.Error, "{Reason}; what it describes is left as it is until it is repaired or deleted")]
    private static partial void LogUnreadable(ILogger logger, string reason);

    internal void ElectedController(int broker, int epoch) => LogElectedController(logger, broker, epoch);

    internal void Follows(int broker) => LogFollows(logger, broker);

    internal void Resigned(int epoch) => LogResigned(logger, epoch);

    internal void NoLeaders(IReadOnlyCollection<TopicPartition> partitions)
        => LogNoLeaders(logger, partitions.Count, string.Join(", ", partitions.Take(MostNamed)));

    internal void PartitionRefused(TopicPartition partition, PartitionStatus from, PartitionStatus to) => LogPartitionRefused(logger, partition, from, to);

    internal void ReplicaRefused(Replica replica, ReplicaState from, ReplicaState to) => LogReplicaRefused(logger, replica, from, to);

    internal void UncleanElection(TopicPartition partition, int leader) => LogUnclean(logger, partition, leader);

    internal void Elected(TopicPartition partition, int leader, int leaderEpoch) => LogElected(logger, partition, leader, leaderEpoch);

    internal void Paused(Code code) => LogPaused(logger, code);

    internal void Failed(string @event, Exception problem) => LogFailed(logger, @event, problem);

    internal void Brokers(IEnumerable<int> added, IEnumerable<int> removed, IEnumerable<int> restarted) =>
        LogBrokers(logger, string.Join(',', added), string.Join(',', removed), string.Join(',', restarted));

    internal void Created(string topic, int partitions) => LogCreated(logger, topic, partitions);

    internal void Deleted(string topic) => LogDeleted(logger, topic);

    internal void NotDeleted(int broker, TopicPartition partition, ErrorCode error) => LogNotDeleted(logger, broker, partition, error);

    internal void Shutdown(int broker, int remaining) => LogShutdown(logger, broker, remaining);

    internal void NotSent(int broker, Exception problem) => LogNotSent(logger, broker, problem);

    internal void Unreachable(int broker, string reason) => LogUnreachable(logger, broker, reason);

    internal void Interrupted(Exception problem) => LogInterrupted(logger, problem);

    internal void NoticeDropped(string reason) => LogNoticeDropped(logger, reason);

    internal void Unreadable(string reason) => LogUnreadable(logger, reason);

    internal void Balances(int broker, int partitions, int all) => LogBalances(logger, broker, partitions, all);
}
