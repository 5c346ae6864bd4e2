using System.Buffers;

namespace Broker.Server.Partitions;

/// <summary>
/// A request that waits for a partition (Kafka's purgatory), or a fetch session that watches it. The waiter is itself the node of the partition's list, so that
/// a wait allocates nothing else; it waits for one partition at a time.
/// </summary>
internal abstract class PartitionWaiter
{
    /// <summary>The list that it is in; null while it does not wait. Written under the list's lock.</summary>
    internal PartitionWaiters? Owner { get; set; }

    internal PartitionWaiter? Next { get; set; }

    internal PartitionWaiter? Previous { get; set; }

    /// <summary>
    /// The partition's offsets or role have changed. Called outside of every lock, on any thread, possibly on several at once, possibly once more after
    /// <see cref="Leave"/>. Must not block.
    /// </summary>
    public abstract void OnPartitionChanged();

    /// <summary>Ends the wait; any number of times. O(1).</summary>
    public void Leave() => Owner?.Remove(this);
}

/// <summary>
/// The requests that wait for one partition, notified in the order in which they were added. Small while empty: there is a list for every partition. Any
/// thread.
/// </summary>
internal sealed class PartitionWaiters
{
    private readonly Lock _lock = new();
    private PartitionWaiter? _first;
    private PartitionWaiter? _last;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a waiter at the end; false where it is in this list already. It must be in no other list.</summary>
    public bool Add(PartitionWaiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Owner == this)
            {
                return false;
            }

            waiter.Owner = this;
            waiter.Previous = _last;
            _first ??= waiter;
            if (_last is { } last)
            {
                last.Next = waiter;
            }

            _last = waiter;
            _count++;
            return true;
        }
    }

    /// <summary>
    /// Notifies all current waiters in the order in which they were added. Must be called outside of the partition's lock, after the change has been published.
    /// </summary>
    public void Notify()
    {
        // A waiter checks the partition once more after it is added, so one that is missed here sees the change itself.
        if (Count == 0)
        {
            return;
        }

        PartitionWaiter[] waiters = Snapshot(out int count);
        for (int i = 0; i < count; i++)
        {
            waiters[i].OnPartitionChanged();
        }

        ArrayPool<PartitionWaiter>.Shared.Return(waiters, clearArray: true);
    }

    internal void Remove(PartitionWaiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Owner != this)
            {
                return;
            }

            if (waiter.Previous is { } previous)
            {
                previous.Next = waiter.Next;
            }
            else
            {
                _first = waiter.Next;
            }

            if (waiter.Next is { } next)
            {
                next.Previous = waiter.Previous;
            }
            else
            {
                _last = waiter.Previous;
            }

            waiter.Next = null;
            waiter.Previous = null;
            waiter.Owner = null;
            _count--;
        }
    }

    private PartitionWaiter[] Snapshot(out int count)
    {
        lock (_lock)
        {
            PartitionWaiter[] waiters = ArrayPool<PartitionWaiter>.Shared.Rent(Math.Max(_count, 1));
            count = 0;
            for (PartitionWaiter? waiter = _first; waiter is not null; waiter = waiter.Next)
            {
                waiters[count++] = waiter;
            }

            return waiters;
        }
    }
}
