using Broker.Protocol;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Scheduling;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Groups.Offsets;

/// <summary>A partition of <c>__consumer_offsets</c> that this broker leads.</summary>
internal sealed class PartitionOffsetsLog(PartitionTable partitions, int index, GroupLimits limits) : IOffsetsLog
{
    private Task _begun = Task.CompletedTask;

    public long EndOffset => Log.LogEndOffset;

    public long StartOffset => Log.LogStartOffset;

    private PartitionLog Log
        => partitions.Find(ClusterImage.ConsumerOffsets, index)?.Log ?? throw new IOException($"{ClusterImage.ConsumerOffsets}-{index} has no log here.");

    /// <inheritdoc/>
    /// <remarks>
    /// The append holds a permit of the log directory's <see cref="AppendGate"/>, as a client's produce does: a stalled disk blocks no more threads than there
    /// are permits. An append that waits for a permit delays the later ones of this partition, but blocks no thread.
    /// </remarks>
    public async ValueTask<OffsetsAppended> Append(Memory<byte> batch, int leaderEpoch)
    {
        Task before = _begun;
        Task<ValueTask<AppendOutcome>> beginning = BeginAfter(before, batch, leaderEpoch);
        _begun = beginning;
        AppendOutcome outcome = await await beginning;
        return new OffsetsAppended(outcome.Error, outcome.BaseOffset);
    }

    private async Task<ValueTask<AppendOutcome>> BeginAfter(Task before, Memory<byte> batch, int leaderEpoch)
    {
        // A failed append has been reported to its own caller.
        await before.EndedHere();
        if (partitions.Find(ClusterImage.ConsumerOffsets, index) is not { } partition)
        {
            return new ValueTask<AppendOutcome>(AppendOutcome.Failed(ErrorCode.NotLeaderOrFollower));
        }
        if (partition.Gate is not { } gate)
        {
            return Begin(partition, batch, leaderEpoch);
        }
        await gate.Enter(CancellationToken.None);
        try
        {
            return Begin(partition, batch, leaderEpoch);
        }
        finally
        {
            gate.Leave();
        }
    }

    private ValueTask<AppendOutcome> Begin(Partition partition, Memory<byte> batch, int leaderEpoch) =>
        partition.AppendAsync(batch, limits.CommitAcks, limits.CommitTimeout, AppendOrigin.Coordinator, leaderEpoch);

    public ReadOnlyMemory<byte> Read(long offset, int maxBytes)
    {
        PartitionLog log = Log;
        ReadResult read = log.Read(offset, maxBytes, log.LogEndOffset, wholeFirstBatch: true);
        if (read.Error != ErrorCode.None)
        {
            throw new IOException($"{ClusterImage.ConsumerOffsets}-{index} cannot be read at {offset}: {read.Error}.");
        }
        using LogSlice? slice = read.Slice;
        if (slice is null)
        {
            return ReadOnlyMemory<byte>.Empty;
        }
        byte[] bytes = new byte[slice.Length];
        int filled = 0;
        while (filled < bytes.Length)
        {
            int count = slice.ReadAt(filled, bytes.AsSpan(filled));
            if (count == 0)
            {
                throw new IOException($"{ClusterImage.ConsumerOffsets}-{index} was cut while it was read at {offset}.");
            }
            filled += count;
        }

        return bytes;
    }
}
