using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Logs;

public sealed class AppendCostTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "storage-cost-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    [Fact]
    public void An_append_and_a_tailing_read_make_a_few_small_objects_whatever_the_records()
    {
        Storage.Directories.LogDirectories directories = LogScenario.OpenDirectories(new RealFileSystem(), TimeProvider.System, 100, _root);
        directories.Load(_ => new LogConfig());
        PartitionLog log = directories.GetOrCreate(LogScenario.Partition, Guid.Empty, new LogConfig());
        byte[] batch = LogScenario.Batch(100, LogScenario.StartMs, new BatchOptions { ProducerId = 1, ProducerEpoch = 0, BaseSequence = 0 }, 100);
        BatchInfo.TryRead(batch, out BatchInfo info);
        long next = 0;
        bool good = true;
        void Once()
        {
            BatchInfo following = info with { BaseSequence = (int)next };
            good &= log.AppendAsLeader(batch, following, 0, AppendOrigin.Client, LogScenario.StartMs).Error == ErrorCode.None;
            log.UpdateHighWatermark(log.LogEndOffset);
            ReadResult read = log.Read(next, 1 << 20, log.HighWatermark, wholeFirstBatch: true);
            good &= read.Length == batch.Length;
            read.Slice!.Dispose();
            next += 100;
        }
        for (int i = 0; i < 1_000; i++)
        {
            Once();
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Once();
        }
        ((GC.GetAllocatedBytesForCurrentThread() - before) / 1_000).ShouldBeLessThan(200, "a view, a claim and the index's growing tail");
        good.ShouldBeTrue();
        directories.Abandon();
    }
}
