using Broker.Server.Scheduling;
using Broker.Server.Partitions;

namespace Broker.Server.Tests.Scheduling;

public sealed class BlockingThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Two_pieces_of_work_queued_together_run_in_parallel_though_one_thread_is_idle()
    {
        using BlockingThreads work = new(4);
        for (int round = 0; round < 20; round++)
        {
            await work.Run(() => 0);
            // Each waits for the other: on one thread they would wait for ever.
            using Barrier meeting = new(2);
            Task<bool> first = work.Run(() => meeting.SignalAndWait(Patience));
            Task<bool> second = work.Run(() => meeting.SignalAndWait(Patience));
            (await first).ShouldBeTrue();
            (await second).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task No_more_threads_run_than_allowed()
    {
        using BlockingThreads work = new(2);
        int inside = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => work.Run(() =>
        {
            int now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            return Interlocked.Decrement(ref inside);
        })));
        most.ShouldBeLessThanOrEqualTo(2);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = Volatile.Read(ref target); value > seen;)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }
            seen = before;
        }
    }
}
