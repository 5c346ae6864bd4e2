using Broker.Protocol;
using Broker.Protocol.Records;

namespace Broker.Storage.Segments;

/// <summary>The batches in what a leader sent.</summary>
internal static class ReplicatedBatches
{
    /// <summary>Reads the headers of all whole batches before the first of a newer leader epoch, and checks lengths, CRCs and the order of offsets.</summary>
    public static ErrorCode TryRead(ReadOnlySpan<byte> records, long logEnd, int leaderEpoch, out List<BatchInfo> batches)
    {
        batches = [];
        long next = logEnd;
        while (true)
        {
            BatchReadResult read = BatchInfo.TryRead(records, out BatchInfo batch);
            if (read == BatchReadResult.Incomplete || (read == BatchReadResult.Ok && batch.SizeInBytes > records.Length))
            {
                return ErrorCode.None;
            }
            if (read == BatchReadResult.OldFormat)
            {
                return ErrorCode.UnsupportedForMessageFormat;
            }
            if (read != BatchReadResult.Ok || batch.LastOffsetDelta < 0 || !BatchHeader.VerifyCrc(records[..batch.SizeInBytes]))
            {
                return ErrorCode.CorruptMessage;
            }
            if (batch.PartitionLeaderEpoch > leaderEpoch)
            {
                return ErrorCode.None;
            }
            if (batch.BaseOffset < next)
            {
                return ErrorCode.OffsetOutOfRange;
            }
            batches.Add(batch);
            next = batch.NextOffset;
            records = records[batch.SizeInBytes..];
        }
    }
}
