using System.Runtime.CompilerServices;

namespace Broker.Storage.Producers;

/// <summary>One batch that a producer appended.</summary>
/// <param name="LastSequence">Sequence of its last record.</param>
/// <param name="LastOffset">Offset of its last record.</param>
/// <param name="OffsetDelta">Last offset less first.</param>
/// <param name="TimestampMs">Its maximum timestamp.</param>
public readonly record struct ProducerBatch(int LastSequence, long LastOffset, int OffsetDelta, long TimestampMs)
{
    /// <summary>Sequence of its first record; sequences wrap from 2147483647 to 0.</summary>
    public int FirstSequence => LastSequence < 0 ? -1 : (int)((LastSequence - (long)OffsetDelta) & int.MaxValue);

    /// <summary>Offset of its first record.</summary>
    public long FirstOffset => LastOffset - OffsetDelta;
}

/// <summary>What a partition knows of one producer.</summary>
internal sealed class ProducerEntry(long producerId)
{
    /// <summary>Batches that a duplicate is recognised among: clients keep at most five in flight.</summary>
    public const int BatchesKept = 5;

    private BatchRing _ring;
    private int _newest = -1;

    public long ProducerId => producerId;

    /// <summary>-1 where nothing is known.</summary>
    public short Epoch { get; private set; } = -1;

    public int CoordinatorEpoch { get; private set; } = -1;

    /// <summary>First offset of the open transaction, -1 for none.</summary>
    public long TransactionStart { get; set; } = -1;

    public long LastTimestampMs { get; private set; } = -1;

    /// <summary>Batches known, at most five.</summary>
    public int BatchCount { get; private set; }

    /// <summary>-1 without batches.</summary>
    public int LastSequence => BatchCount == 0 ? -1 : Newest.LastSequence;

    /// <summary>The newest batch; meaningless without batches.</summary>
    public ProducerBatch Newest => _ring[_newest];

    /// <summary>A batch of an epoch with exactly these sequences, if it is known.</summary>
    public bool TryFind(short epoch, int firstSequence, int lastSequence, out ProducerBatch found)
    {
        for (int i = 0; epoch == Epoch && i < BatchCount; i++)
        {
            found = _ring[(_newest + BatchesKept - i) % BatchesKept];
            if (found.FirstSequence == firstSequence && found.LastSequence == lastSequence)
            {
                return true;
            }
        }
        found = default;
        return false;
    }

    public void Add(short epoch, in ProducerBatch batch)
    {
        SetEpoch(epoch);
        _newest = (_newest + 1) % BatchesKept;
        _ring[_newest] = batch;
        BatchCount = Math.Min(BatchCount + 1, BatchesKept);
        LastTimestampMs = batch.TimestampMs;
    }

    /// <summary>A marker ended the transaction; within an epoch the sequences continue, so the batches are kept.</summary>
    public void EndTransaction(short epoch, int coordinatorEpoch, long timestampMs)
    {
        SetEpoch(epoch);
        CoordinatorEpoch = coordinatorEpoch;
        LastTimestampMs = timestampMs;
        TransactionStart = -1;
    }

    /// <summary>The state that a snapshot holds.</summary>
    public void Restore(short epoch, int coordinatorEpoch, long transactionStart, long lastTimestampMs, ProducerBatch? batch)
    {
        if (batch is { } known)
        {
            Add(epoch, known);
        }
        Epoch = epoch;
        CoordinatorEpoch = coordinatorEpoch;
        TransactionStart = transactionStart;
        LastTimestampMs = lastTimestampMs;
    }

    private void SetEpoch(short epoch)
    {
        if (epoch != Epoch)
        {
            BatchCount = 0;
        }
        Epoch = epoch;
    }

    [InlineArray(BatchesKept)]
    private struct BatchRing
    {
        private ProducerBatch _first;
    }
}
