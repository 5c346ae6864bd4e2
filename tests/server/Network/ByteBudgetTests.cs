using Broker.Server.Network;

namespace Broker.Server.Tests.Network;

public class ByteBudgetTests
{
    [Fact]
    public async Task Reservations_are_granted_in_the_order_of_their_calls()
    {
        ByteBudget budget = new(100);
        await budget.Reserve(80, CancellationToken.None);
        Task large = budget.Reserve(90, CancellationToken.None).AsTask();
        Task small = budget.Reserve(10, CancellationToken.None).AsTask();
        (large.IsCompleted, small.IsCompleted, budget.TryReserve(1)).ShouldBe((false, false, false));
        budget.Release(80);
        await Task.WhenAll(large, small);
        budget.Reserved.ShouldBe(100);
    }

    [Fact]
    public async Task A_cancelled_reservation_no_longer_blocks_later_ones()
    {
        ByteBudget budget = new(100);
        using CancellationTokenSource cancellation = new();
        await budget.Reserve(50, CancellationToken.None);
        Task large = budget.Reserve(90, cancellation.Token).AsTask();
        Task small = budget.Reserve(10, CancellationToken.None).AsTask();
        await cancellation.CancelAsync();
        await small;
        await Should.ThrowAsync<OperationCanceledException>(large);
        (budget.Reserved, budget.Waiting).ShouldBe((60L, 0));
    }

    [Fact]
    public void Without_a_limit_every_reservation_is_granted_at_once()
    {
        ByteBudget budget = new(-1);
        budget.TryReserve(long.MaxValue / 2).ShouldBeTrue();
        budget.TryReserve(long.MaxValue / 4).ShouldBeTrue();
    }
}
