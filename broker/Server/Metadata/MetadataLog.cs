using Broker.Coordination;
using Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Metadata;

/// <summary>What is logged about topics, settings and producer ids.</summary>
internal sealed partial class MetadataLog(ILogger logger)
{
    [LoggerMessage(1, LogLevel.Information, "The configuration of {Entity} has changed")]
    private static partial void LogConfigChanged(ILogger logger, string entity);

    [LoggerMessage(2, LogLevel.Error, "A dynamic broker setting is ignored: {Problem}")]
    private static partial void LogBrokerConfigRefused(ILogger logger, string problem);

    [LoggerMessage(3, LogLevel.Warning, "Configuration changes wait: coordination answered {Code}")]
    private static partial void LogChangesPaused(ILogger logger, Code code);

    [LoggerMessage(4, LogLevel.Error, "A configuration change is ignored: {Problem}")]
    private static partial void LogChangeUnreadable(ILogger logger, string problem);

    [LoggerMessage(5, LogLevel.Information, "Topic {Topic} is created with {Partitions} partitions, {Replicas} replicas each")]
    private static partial void LogCreating(ILogger logger, string topic, int partitions, int replicas);

    [LoggerMessage(6, LogLevel.Warning, "Topic {Topic} could not be created automatically: {Error}, {Problem}")]
    private static partial void LogNotCreated(ILogger logger, string topic, ErrorCode error, string problem);

    [LoggerMessage(7, LogLevel.Information, "This broker has reserved the producer ids {Start} to {End}")]
    private static partial void LogProducerIds(ILogger logger, long start, long end);

    [LoggerMessage(8, LogLevel.Warning, "The empty tree has been seeded from the log folders: {Topics} topics, {Partitions} partitions")]
    private static partial void LogSeeded(ILogger logger, int topics, int partitions);

    [LoggerMessage(9, LogLevel.Warning,
        "Topic {Topic} has come back from its log folders without its settings and keeps all its records ({Settings}): set what it had with kafka-configs --alter --entity-type topics --entity-name {Topic}")]
    private static partial void LogSettingsAssumed(ILogger logger, string topic, string settings);

    [LoggerMessage(10, LogLevel.Error, "A configuration change could not be applied and is ignored")]
    private static partial void LogChangeFailed(ILogger logger, Exception failure);

    [LoggerMessage(11, LogLevel.Error,
        "The controller could not be notified of a failed log directory: it still regards this broker as the leader of the partitions there")]
    private static partial void LogDirectoryFailureNotReported(ILogger logger, Exception failure);

    [LoggerMessage(12, LogLevel.Warning,
        "The session's key could not be written to {File}: if this process is killed, the next one waits until the session has timed out")]
    private static partial void LogSessionNotSaved(ILogger logger, Exception failure, string file);

    [LoggerMessage(13, LogLevel.Information, "{Znode} is of a killed life of this broker: its session 0x{Session:x} is ended")]
    private static partial void LogFormerSessionEnded(ILogger logger, string znode, long session);

    [LoggerMessage(14, LogLevel.Warning, "{Znode} is of session 0x{Session:x}: this broker waits up to {Milliseconds} ms until that session ends")]
    private static partial void LogWaitsForSession(ILogger logger, string znode, long session, long milliseconds);

    [LoggerMessage(15, LogLevel.Warning, "The controller has given this broker no producer ids: {Error}")]
    private static partial void LogNoProducerIds(ILogger logger, ErrorCode error);

    internal void ConfigChanged(string entity) => LogConfigChanged(logger, entity);

    internal void BrokerConfigRefused(string problem) => LogBrokerConfigRefused(logger, problem);

    internal void ChangesPaused(Code code) => LogChangesPaused(logger, code);

    internal void ChangeUnreadable(string problem) => LogChangeUnreadable(logger, problem);

    internal void Creating(string topic, int partitions, int replicas) => LogCreating(logger, topic, partitions, replicas);

    internal void NotCreated(string topic, ErrorCode error, string problem) => LogNotCreated(logger, topic, error, problem);

    internal void ProducerIds(long start, long end) => LogProducerIds(logger, start, end);

    internal void NoProducerIds(ErrorCode error) => LogNoProducerIds(logger, error);

    internal void Seeded(int topics, int partitions) => LogSeeded(logger, topics, partitions);

    internal void SettingsAssumed(string topic, string settings) => LogSettingsAssumed(logger, topic, settings);

    internal void DirectoryFailureNotReported(Exception failure) => LogDirectoryFailureNotReported(logger, failure);

    internal void ChangeFailed(Exception failure) => LogChangeFailed(logger, failure);

    internal void SessionNotSaved(Exception failure, string file) => LogSessionNotSaved(logger, failure, file);

    internal void FormerSessionEnded(string znode, long session) => LogFormerSessionEnded(logger, znode, session);

    internal void WaitsForSession(string znode, long session, long milliseconds) => LogWaitsForSession(logger, znode, session, milliseconds);
}
