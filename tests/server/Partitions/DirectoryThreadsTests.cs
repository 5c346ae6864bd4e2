using Broker.Server.Scheduling;
using Broker.Server.Partitions;
using Broker.Server.Tests.Data;

namespace Broker.Server.Tests.Partitions;

public sealed class DirectoryThreadsTests
{
    [Fact]
    public async Task A_stalled_directory_delays_no_work_of_another_one()
    {
        using DirectoryThreads threads = new(PoolScheduler.Instance, 1);
        using ManualResetEventSlim disk = new();
        Task<bool> stalled = threads.Of("/a").Run(() => Wait(disk));
        Task<bool> queued = threads.Of("/a").Run(() => true);
        (await threads.Of("/b").Run(() => true)).ShouldBeTrue();
        queued.IsCompleted.ShouldBeFalse();
        disk.Set();
        (await stalled).ShouldBeTrue();
        (await queued).ShouldBeTrue();
    }

    [Fact]
    public void Work_on_partitions_of_one_directory_runs_on_its_threads()
    {
        using DirectoryThreads threads = new(PoolScheduler.Instance, 1);
        using DataBroker broker = new();
        broker.Create("t").Create("u");
        IBlockingWork own = threads.Of(broker["t"].Log!.Directory);
        threads.Of([broker["t"], null, broker["u"]]).ShouldBe(own);
        threads.Of([null]).ShouldNotBe(own, "no partition has a log here");
    }

    [Fact]
    public void After_the_end_there_are_no_threads()
    {
        DirectoryThreads threads = new(PoolScheduler.Instance, 1);
        threads.Dispose();
        Should.Throw<ObjectDisposedException>(() => threads.Of("/a"));
    }

    private static bool Wait(ManualResetEventSlim disk)
    {
        disk.Wait();
        return true;
    }
}
