using Broker.Server.Partitions;

namespace Broker.Server.Tests.Partitions;

public sealed class PartitionWaitersTests
{
    private readonly PartitionWaiters _waiters = new();
    private readonly List<int> _told = [];

    [Fact]
    public void Waiters_are_notified_in_the_order_in_which_they_were_added()
    {
        Waiter[] places = [.. Enumerable.Range(0, 5).Select(tag => new Waiter(_told, tag))];
        places.ShouldAllBe(waiter => _waiters.Add(waiter));
        ShouldTell(0, 1, 2, 3, 4);
        places[0].Leave();
        places[2].Leave();
        places[4].Leave();
        places[4].Leave();
        ShouldTell(1, 3);
        _waiters.Add(new Waiter(_told, 5)).ShouldBeTrue();
        ShouldTell(1, 3, 5);
        places[1].Leave();
        places[3].Leave();
        ShouldTell(5);
        _waiters.Count.ShouldBe(1);
    }

    private void ShouldTell(params int[] tags)
    {
        _told.Clear();
        _waiters.Notify();
        _told.ShouldBe(tags);
    }

    private sealed class Waiter(List<int> told, int tag) : PartitionWaiter
    {
        public override void OnPartitionChanged() => told.Add(tag);
    }
}
