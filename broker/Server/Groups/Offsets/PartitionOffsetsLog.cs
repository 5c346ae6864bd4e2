using Broker.Protocol;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Storage;

namespace Broker.Server.Groups.Offsets;

/// <summary>A partition of <c>__consumer_offsets</c> that this broker leads.</summary>
internal sealed class PartitionOffsetsLog(PartitionTable partitions, int index, GroupLimits limits) : IOffsetsLog
{
    public long EndOffset => Log.LogEndOffset;

    public long StartOffset => Log.LogStartOffset;

    private PartitionLog Log => partitions.Find(ClusterImage.ConsumerOffsets, index)?.Log ?? throw new IOException($"{ClusterImage.ConsumerOffsets}-{index} has no log here.");

    public async ValueTask<OffsetsAppended> Append(Memory<byte> batch)
    {
        if (partitions.Find(ClusterImage.ConsumerOffsets, index) is not { } partition) return new OffsetsAppended(ErrorCode.NotLeaderOrFollower, -1);
        AppendOutcome outcome = await partition.AppendAsync(batch, limits.CommitAcks, limits.CommitTimeout, AppendOrigin.Coordinator);
        return new OffsetsAppended(outcome.Error, outcome.BaseOffset);
    }

    public ReadOnlyMemory<byte> Read(long offset, int maxBytes)
    {
        PartitionLog log = Log;
        ReadResult read = log.Read(offset, maxBytes, log.LogEndOffset, wholeFirstBatch: true);
        if (read.Error != ErrorCode.None) throw new IOException($"{ClusterImage.ConsumerOffsets}-{index} cannot be read at {offset}: {read.Error}.");
        using LogSlice? slice = read.Slice;
        if (slice is null) return ReadOnlyMemory<byte>.Empty;
        var bytes = new byte[slice.Length];
        int filled = 0;
        while (filled < bytes.Length)
        {
            int count = slice.ReadAt(filled, bytes.AsSpan(filled));
            if (count == 0) throw new IOException($"{ClusterImage.ConsumerOffsets}-{index} was cut while it was read at {offset}.");
            filled += count;
        }

        return bytes;
    }
}
