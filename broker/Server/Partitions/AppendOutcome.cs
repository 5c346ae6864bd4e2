using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>The result of an append, after the requested acknowledgements.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why it failed; after 7 and 20 the records are in the log nevertheless.</param>
/// <param name="BaseOffset">First offset; -1 when nothing was appended. Of a duplicate, the original's.</param>
/// <param name="LogAppendTimeMs">The broker's stamp; -1 where records keep their own.</param>
/// <param name="LogStartOffset">-1 when nothing was appended.</param>
internal readonly record struct AppendOutcome(ErrorCode Error, long BaseOffset, long LogAppendTimeMs, long LogStartOffset)
{
    /// <summary>A sentence for the producer, where there is one.</summary>
    public string? Message { get; init; }

    /// <summary>The records at fault, where single ones are.</summary>
    public IReadOnlyList<RecordError> RecordErrors { get; init; } = [];

    public static AppendOutcome Failed(ErrorCode error, string? message = null) => new(error, -1, -1, -1) { Message = message };

    public static AppendOutcome Of(in AppendResult result) => new(result.Error, result.BaseOffset, result.LogAppendTimeMs, result.LogStartOffset);

    public static AppendOutcome Of(in BatchVerdict verdict) => Failed(verdict.Error, verdict.Message) with { RecordErrors = verdict.RecordErrors };
}
