using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>The result of an append, once the requested acknowledgements have arrived.</summary>
/// <param name="Error">
/// <see cref="ErrorCode.None"/>, or why it failed. With REQUEST_TIMED_OUT and NOT_ENOUGH_REPLICAS_AFTER_APPEND the records are in the log nevertheless.
/// </param>
/// <param name="BaseOffset">The batch's first offset; -1 where nothing was appended. For a duplicate, that of the original batch.</param>
/// <param name="LogAppendTimeMs">The broker's timestamp, in milliseconds since 1970; -1 where records keep their own.</param>
/// <param name="LogStartOffset">The log's first offset; -1 where nothing was appended.</param>
internal readonly record struct AppendOutcome(ErrorCode Error, long BaseOffset, long LogAppendTimeMs, long LogStartOffset)
{
    /// <summary>The error message for the producer, where there is one.</summary>
    public string? Message { get; init; }

    /// <summary>The invalid records, where the error is in single records.</summary>
    public IReadOnlyList<RecordError> RecordErrors { get; init; } = [];

    public static AppendOutcome Failed(ErrorCode error, string? message = null) => new(error, -1, -1, -1) { Message = message };

    public static AppendOutcome Of(in AppendResult result) => new(result.Error, result.BaseOffset, result.LogAppendTimeMs, result.LogStartOffset);

    public static AppendOutcome Of(in BatchVerdict verdict) => Failed(verdict.Error, verdict.Message) with { RecordErrors = verdict.RecordErrors };
}
