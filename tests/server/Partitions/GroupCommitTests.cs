using Broker.Server.Scheduling;
using Broker.Server.Partitions;

namespace Broker.Server.Tests.Partitions;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task A_flush_that_throws_fails_its_callers_and_the_next_flush_runs()
    {
        using BlockingThreads threads = new(1);
        using ManualResetEventSlim begun = new();
        using ManualResetEventSlim disk = new();
        int flushes = 0;
        GroupCommit commit = new(() =>
        {
            if (Interlocked.Increment(ref flushes) == 1)
            {
                begun.Set();
                disk.Wait();
                throw new InvalidOperationException("a fault");
            }
        });
        Task failing = commit.Run(threads);
        begun.Wait();
        Task next = commit.Run(threads);
        disk.Set();
        await Should.ThrowAsync<InvalidOperationException>(failing);
        await next;
        flushes.ShouldBe(2);
    }

    [Fact]
    public async Task A_call_that_waits_behind_the_last_flush_fails_when_the_threads_have_ended()
    {
        BlockingThreads threads = new(1);
        using ManualResetEventSlim begun = new();
        using ManualResetEventSlim disk = new();
        GroupCommit commit = new(() =>
        {
            begun.Set();
            disk.Wait();
        });
        Task last = commit.Run(threads);
        begun.Wait();
        Task behind = commit.Run(threads);
        threads.Dispose();
        disk.Set();
        await last;
        await Should.ThrowAsync<ObjectDisposedException>(behind);
        await Should.ThrowAsync<ObjectDisposedException>(commit.Run(threads));
    }
}
