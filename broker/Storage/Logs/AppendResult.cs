using Broker.Protocol;

namespace Broker.Storage.Logs;

/// <summary>What became of an append.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why nothing was appended.</param>
/// <param name="Epoch">The leader epoch of the last record; -1 on error. Of a duplicate, the original's.</param>
/// <param name="BaseOffset">First offset; -1 on error. Of a duplicate, the original's.</param>
/// <param name="LastOffset">Last offset; -1 on error. Of a duplicate, the original's: acks=all waits for it.</param>
/// <param name="IsDuplicate">Whether the batch was in the log already, so that nothing was written.</param>
/// <param name="LogAppendTimeMs">The broker's time stamped on the records; -1 where records keep the producer's.</param>
/// <param name="LogStartOffset">The log start offset then; -1 on error.</param>
/// <param name="FlushNeeded"> Whether <c>flush.messages</c> asks for <see cref="PartitionLog.Flush"/> up to <paramref name="LastOffset"/> before the
/// acknowledgement, without the partition's lock.
/// </param>
public readonly record struct AppendResult(
    ErrorCode Error, int Epoch, long BaseOffset, long LastOffset, bool IsDuplicate, long LogAppendTimeMs, long LogStartOffset, bool FlushNeeded)
{
    /// <summary>Nothing was appended.</summary>
    public static AppendResult Failed(ErrorCode error) => new(error, -1, -1, -1, IsDuplicate: false, -1, -1, FlushNeeded: false);
}
