namespace Broker.Storage.Producers;

/// <summary>A transaction that a marker has ended.</summary>
internal readonly record struct CompletedTransaction(long ProducerId, long FirstOffset, long LastOffset, bool Aborted);

/// <summary>
/// The transactions that hold the last stable offset down: those open, and those completed whose marker is not below the high watermark yet.
/// </summary>
internal sealed class Transactions
{
    private readonly SortedDictionary<long, long> _open = [];
    private readonly SortedDictionary<long, CompletedTransaction> _unreplicated = [];

    /// <summary>The first offset of the earliest of them; null where there is none.</summary>
    public long? FirstUnstableOffset
    {
        get
        {
            long? firstOpen = First(_open);
            long? firstUnreplicated = First(_unreplicated);
            return firstOpen is null || firstUnreplicated < firstOpen ? firstUnreplicated : firstOpen;
        }
    }

    public void Begin(long producerId, long firstOffset) => _open[firstOffset] = producerId;

    /// <summary>The last stable offset once this transaction is complete, whatever the high watermark.</summary>
    public long StableOffsetAfter(in CompletedTransaction completed)
    {
        foreach (long first in _open.Keys)
        {
            if (first != completed.FirstOffset)
            {
                return first;
            }
        }
        return completed.LastOffset + 1;
    }

    public void Complete(in CompletedTransaction completed)
    {
        _open.Remove(completed.FirstOffset);
        _unreplicated[completed.FirstOffset] = completed;
    }

    /// <summary>The high watermark moved: transactions whose markers lie below it are stable.</summary>
    public void OnHighWatermark(long highWatermark)
    {
        while (_unreplicated.Count > 0)
        {
            CompletedTransaction? done = FirstBelow(highWatermark);
            if (done is null)
            {
                return;
            }
            _unreplicated.Remove(done.Value.FirstOffset);
        }
    }

    public void Clear()
    {
        _open.Clear();
        _unreplicated.Clear();
    }

    private CompletedTransaction? FirstBelow(long highWatermark)
    {
        foreach (CompletedTransaction completed in _unreplicated.Values)
        {
            if (completed.LastOffset < highWatermark)
            {
                return completed;
            }
        }
        return null;
    }

    private static long? First<T>(SortedDictionary<long, T> transactions)
    {
        // Only its enumerator gives a sorted dictionary's first key; without transactions nothing is allocated.
        if (transactions.Count == 0)
        {
            return null;
        }
        foreach (long first in transactions.Keys)
        {
            return first;
        }
        return null;
    }
}
