using Broker.Protocol;
using Broker.Protocol.Records;

namespace Broker.Storage.Producers;

/// <summary>The check of a batch against what is known of its producer.</summary>
/// <param name="Error">Why it may not be appended.</param>
/// <param name="Duplicate">The original, where it is in the log already.</param>
internal readonly record struct ProducerCheck(ErrorCode Error, ProducerBatch? Duplicate = null);

/// <summary>
/// What a partition knows of its producers, so that a retried batch is recognised and a gap refused (KIP-98). Used under the partition's lock only.
/// </summary>
internal sealed class ProducerStates
{
    /// <summary>
    /// Producers known to one partition: some 20 MB. When there are more, the tenth that has been idle longest is forgotten, as their expiry would do later; a
    /// producer in a transaction is never forgotten.
    /// </summary>
    public const int MostProducers = 100_000;

    private readonly Dictionary<long, ProducerEntry> _producers = [];
    private readonly Transactions _transactions = new();

    /// <summary>Producers known.</summary>
    public int Count => _producers.Count;

    /// <summary>The entries, for a snapshot.</summary>
    public IReadOnlyCollection<ProducerEntry> Entries => _producers.Values;

    /// <summary>The offset of the earliest record whose transaction is not decided and replicated.</summary>
    public long? FirstUnstableOffset => _transactions.FirstUnstableOffset;

    public ProducerEntry? Find(long producerId) => _producers.GetValueOrDefault(producerId);

    /// <summary>Checks a data batch; changes nothing.</summary>
    public ProducerCheck Check(in BatchInfo batch, AppendOrigin origin)
    {
        if (!batch.HasProducerId || origin == AppendOrigin.Replication)
        {
            return default;
        }
        ProducerEntry? known = Find(batch.ProducerId);
        if (known is null)
        {
            return default;
        }
        if (origin == AppendOrigin.Client && known.TryFind(batch.ProducerEpoch, batch.BaseSequence, batch.LastSequence, out ProducerBatch original))
        {
            return new ProducerCheck(ErrorCode.None, original);
        }
        if (batch.ProducerEpoch < known.Epoch)
        {
            return new ProducerCheck(ErrorCode.InvalidProducerEpoch);
        }
        if (origin == AppendOrigin.Client && !Follows(known, batch))
        {
            return new ProducerCheck(ErrorCode.OutOfOrderSequenceNumber);
        }
        return new ProducerCheck(known.TransactionStart >= 0 && !batch.IsTransactional ? ErrorCode.InvalidTxnState : ErrorCode.None);
    }

    /// <summary>Checks a transaction marker; changes nothing.</summary>
    public ProducerCheck CheckMarker(in BatchInfo batch, int coordinatorEpoch, AppendOrigin origin)
    {
        ProducerEntry? known = Find(batch.ProducerId);
        if (known is null || origin == AppendOrigin.Replication)
        {
            return default;
        }
        if (batch.ProducerEpoch < known.Epoch)
        {
            return new ProducerCheck(ErrorCode.InvalidProducerEpoch);
        }
        return new ProducerCheck(coordinatorEpoch < known.CoordinatorEpoch ? ErrorCode.TransactionCoordinatorFenced : ErrorCode.None);
    }

    /// <summary>Updates the state for an appended data batch; its offsets are those in the log.</summary>
    public void Append(in BatchInfo batch)
    {
        if (!batch.HasProducerId)
        {
            return;
        }
        ProducerEntry entry = GetOrAdd(batch.ProducerId);
        entry.Add(batch.ProducerEpoch, new ProducerBatch(batch.LastSequence, batch.LastOffset, batch.LastOffsetDelta, batch.MaxTimestamp));
        if (!batch.IsTransactional || entry.TransactionStart >= 0)
        {
            return;
        }
        entry.TransactionStart = batch.BaseOffset;
        _transactions.Begin(batch.ProducerId, batch.BaseOffset);
    }

    /// <summary>What an appended marker completes; null where no transaction was open. Changes nothing.</summary>
    public CompletedTransaction? Completes(in BatchInfo batch, ControlRecordType type)
        => Find(batch.ProducerId) is { TransactionStart: >= 0 } entry
            ? new CompletedTransaction(batch.ProducerId, entry.TransactionStart, batch.LastOffset, type == ControlRecordType.Abort)
            : null;

    /// <summary>The last stable offset that the transaction index records for a completed transaction.</summary>
    public long StableOffsetAfter(in CompletedTransaction completed) => _transactions.StableOffsetAfter(completed);

    /// <summary>Updates the state for an appended transaction marker.</summary>
    public void AppendMarker(in BatchInfo batch, ControlRecordType type, int coordinatorEpoch)
    {
        if (Completes(batch, type) is { } completed)
        {
            _transactions.Complete(completed);
        }
        GetOrAdd(batch.ProducerId).EndTransaction(batch.ProducerEpoch, coordinatorEpoch, batch.MaxTimestamp);
    }

    public void OnHighWatermark(long highWatermark) => _transactions.OnHighWatermark(highWatermark);

    /// <summary>Forgets producers idle for the given time; those in a transaction stay.</summary>
    /// <returns>How many producers were forgotten.</returns>
    public int Expire(long nowMs, long expirationMs)
    {
        int before = _producers.Count;
        foreach ((long id, ProducerEntry entry) in _producers)
        {
            if (IsExpired(entry, nowMs, expirationMs))
            {
                _producers.Remove(id);
            }
        }
        return before - _producers.Count;
    }

    /// <summary>Replaces everything by a snapshot's entries, without the expired ones.</summary>
    public void Restore(IEnumerable<ProducerEntry> entries, long nowMs, long expirationMs)
    {
        Clear();
        foreach (ProducerEntry entry in entries)
        {
            if (IsExpired(entry, nowMs, expirationMs))
            {
                continue;
            }
            _producers[entry.ProducerId] = entry;
            if (entry.TransactionStart >= 0)
            {
                _transactions.Begin(entry.ProducerId, entry.TransactionStart);
            }
        }
    }

    public void Clear()
    {
        _producers.Clear();
        _transactions.Clear();
    }

    /// <summary>Whether a client's batch carries the sequence that must come next.</summary>
    private static bool Follows(ProducerEntry known, in BatchInfo batch)
    {
        if (known.Epoch < 0)
        {
            return true;
        }
        if (batch.ProducerEpoch != known.Epoch)
        {
            return batch.BaseSequence == 0;
        }
        int last = known.LastSequence;
        return batch.BaseSequence == (last == int.MaxValue ? 0 : last + 1);
    }

    private static bool IsExpired(ProducerEntry entry, long nowMs, long expirationMs)
        => entry.TransactionStart < 0 && nowMs - entry.LastTimestampMs >= expirationMs;

    private ProducerEntry GetOrAdd(long producerId)
    {
        if (_producers.TryGetValue(producerId, out ProducerEntry? entry))
        {
            return entry;
        }
        if (_producers.Count >= MostProducers)
        {
            ForgetOldest();
        }
        entry = new ProducerEntry(producerId);
        _producers.Add(producerId, entry);
        return entry;
    }

    private void ForgetOldest()
    {
        foreach (ProducerEntry old in _producers.Values.Where(p => p.TransactionStart < 0).OrderBy(p => p.LastTimestampMs).Take(MostProducers / 10).ToArray())
        {
            _producers.Remove(old.ProducerId);
        }
    }
}
