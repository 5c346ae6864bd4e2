using System.Buffers;

namespace Broker.Server.Partitions;

/// <summary>A waiting request (Kafka's purgatory): told whenever the partition's offsets or role have changed, outside of every lock.</summary>
internal interface IPartitionWaiter
{
    /// <summary>Looks again; any thread, possibly several at once, possibly once more after it was removed. Must not block.</summary>
    /// <param name="tag">What the waiter gave when it was added.</param>
    void OnPartitionChanged(int tag);
}

/// <summary>One waiter's place at one partition.</summary>
internal sealed class WaiterPlace(PartitionWaiters owner, IPartitionWaiter waiter, int tag)
{
    public IPartitionWaiter Waiter => waiter;

    public int Tag => tag;

    internal WaiterPlace? Next { get; set; }

    internal WaiterPlace? Previous { get; set; }

    internal bool IsLinked { get; set; }

    /// <summary>Leaves the partition; any number of times. O(1).</summary>
    public void Leave() => owner.Remove(this);
}

/// <summary>The requests that wait for one partition; nothing but two words while there are none. Any thread.</summary>
internal sealed class PartitionWaiters
{
    private readonly Lock _lock = new();
    private WaiterPlace? _first;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public WaiterPlace Add(IPartitionWaiter waiter, int tag = 0)
    {
        WaiterPlace place = new(this, waiter, tag);
        lock (_lock)
        {
            place.Next = _first;
            if (_first is { } next)
            {
                next.Previous = place;
            }

            _first = place;
            place.IsLinked = true;
            _count++;
        }

        return place;
    }

    /// <summary>Tells all who wait now. Must be called outside of the partition's lock, after what changed has been published.</summary>
    public void Notify()
    {
        // A waiter looks once more after it was added, so one that is missed here sees the change itself.
        if (Count == 0)
        {
            return;
        }

        WaiterPlace[] places = Snapshot(out int count);
        for (int i = 0; i < count; i++)
        {
            places[i].Waiter.OnPartitionChanged(places[i].Tag);
        }

        ArrayPool<WaiterPlace>.Shared.Return(places, clearArray: true);
    }

    internal void Remove(WaiterPlace place)
    {
        lock (_lock)
        {
            if (!place.IsLinked)
            {
                return;
            }

            if (place.Previous is { } previous)
            {
                previous.Next = place.Next;
            }
            else
            {
                _first = place.Next;
            }

            if (place.Next is { } next)
            {
                next.Previous = place.Previous;
            }

            place.Next = null;
            place.Previous = null;
            place.IsLinked = false;
            _count--;
        }
    }

    private WaiterPlace[] Snapshot(out int count)
    {
        lock (_lock)
        {
            WaiterPlace[] places = ArrayPool<WaiterPlace>.Shared.Rent(Math.Max(_count, 1));
            count = 0;
            for (WaiterPlace? place = _first; place is not null; place = place.Next)
            {
                places[count++] = place;
            }

            return places;
        }
    }
}
