namespace Broker.Storage.Producers;

/// <summary>A transaction that a marker has ended.</summary>
internal readonly record struct CompletedTransaction(long ProducerId, long FirstOffset, long LastOffset, bool Aborted);

/// <summary>
/// The transactions that hold the last stable offset down: those open, and those completed whose marker is not below the high watermark yet.
/// </summary>
internal sealed class Transactions
{
    private readonly SortedDictionary<long, long> open = [];
    private readonly SortedDictionary<long, CompletedTransaction> unreplicated = [];

    /// <summary>The first offset of the earliest of them; null where there is none.</summary>
    public long? FirstUnstableOffset
    {
        get
        {
            long? firstOpen = First(open);
            long? firstUnreplicated = First(unreplicated);
            return firstOpen is null || firstUnreplicated < firstOpen ? firstUnreplicated : firstOpen;
        }
    }

    public void Begin(long producerId, long firstOffset) => open[firstOffset] = producerId;

    /// <summary>The last stable offset once this transaction is complete, whatever the high watermark.</summary>
    public long StableOffsetAfter(in CompletedTransaction completed)
    {
        foreach (long first in open.Keys)
        {
            if (first != completed.FirstOffset)
                return first;
        }
        return completed.LastOffset + 1;
    }

    public void Complete(in CompletedTransaction completed)
    {
        open.Remove(completed.FirstOffset);
        unreplicated[completed.FirstOffset] = completed;
    }

    /// <summary>The high watermark moved: transactions whose markers lie below it are stable.</summary>
    public void OnHighWatermark(long highWatermark)
    {
        while (unreplicated.Count > 0)
        {
            CompletedTransaction? done = FirstBelow(highWatermark);
            if (done is null)
                return;
            unreplicated.Remove(done.Value.FirstOffset);
        }
    }

    public void Clear()
    {
        open.Clear();
        unreplicated.Clear();
    }

    private CompletedTransaction? FirstBelow(long highWatermark)
    {
        foreach (CompletedTransaction completed in unreplicated.Values)
        {
            if (completed.LastOffset < highWatermark)
                return completed;
        }
        return null;
    }

    private static long? First<T>(SortedDictionary<long, T> transactions)
    {
        // Only its enumerator gives a sorted dictionary's first key; without transactions nothing is allocated.
        if (transactions.Count == 0)
            return null;
        foreach (long first in transactions.Keys)
            return first;
        return null;
    }
}
