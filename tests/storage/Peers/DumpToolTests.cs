using Broker.Protocol;
using Broker.Protocol.Compression;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Peers;

/// <summary>Apache's dump tool reads what we write: an independent judge of every format.</summary>
public sealed class DumpToolTests : IDisposable
{
    private readonly string _root = Path.Combine(Path.GetTempPath(), "storage-peer-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_root))
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    [Fact]
    public async Task Apache_finds_segments_indexes_and_snapshots_valid()
    {
        string? launcher = ApachePeer.Launcher();
        Assert.SkipWhen(launcher is null, "Apache Kafka's programs are not here (PEERS)");
        Assert.SkipUnless(ApachePeer.HasJava(), "there is no Java");
        string folder = Write();
        string[] files = [.. Directory.GetFiles(folder).Where(f => !f.EndsWith("metadata", StringComparison.Ordinal)
            && !f.EndsWith("checkpoint", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        files.Count(f => f.EndsWith(".log", StringComparison.Ordinal)).ShouldBeGreaterThan(2);
        CancellationToken cancel = TestContext.Current.CancellationToken;

        string dump = await ApachePeer.Run(launcher, ["dump-log", "--deep-iteration", "--files", string.Join(',', files)], cancel);
        dump.ShouldContain("isvalid: true");
        dump.ShouldNotContain("isvalid: false");
        dump.ShouldNotContain("ismatch", Case.Insensitive, "no index entry differs from its batch");
        dump.ShouldNotContain("out of order", Case.Insensitive);
        dump.ShouldContain("endTxnMarker: ABORT");
        dump.ShouldContain("producerId: 2 firstOffset:", Case.Sensitive, "the transaction index");
        dump.ShouldContain("producerId: 1 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty", Case.Sensitive, "the snapshot");
        string indexes = string.Join(',', files.Where(f => f.EndsWith("index", StringComparison.Ordinal) && !f.EndsWith("txnindex", StringComparison.Ordinal)));
        string sanity = await ApachePeer.Run(launcher, ["dump-log", "--index-sanity-check", "--files", indexes], cancel);
        sanity.ShouldContain("passed sanity check");
        sanity.Split('\n').Count(l => l.Contains("passed sanity check", StringComparison.Ordinal)).ShouldBe(indexes.Split(',').Length);
    }

    private string Write()
    {
        LogConfig config = new() { SegmentBytes = 40_000, IndexIntervalBytes = 512 };
        Storage.Directories.LogDirectories directories = LogScenario.OpenDirectories(new RealFileSystem(), TimeProvider.System, 100, _root);
        directories.Load(_ => config);
        PartitionLog log = directories.GetOrCreate(LogScenario.Partition, LogScenario.TopicId, config);
        CompressionType[] codecs = [CompressionType.None, CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4, CompressionType.Zstd];
        for (int i = 0; i < 200; i++)
        {
            Append(log, LogScenario.Batch(5, LogScenario.StartMs + (i * 10), new BatchOptions { Compression = codecs[i % 5] }, 200), i / 50);
            Append(log, LogScenario.Batch(1, LogScenario.StartMs + (i * 10), new BatchOptions { ProducerId = 1, ProducerEpoch = 0, BaseSequence = i }), i / 50);
            if (i % 20 != 19)
            {
                continue;
            }
            Append(log,
                LogScenario.Batch(2, LogScenario.StartMs + (i * 10),
                    new BatchOptions { ProducerId = 2, ProducerEpoch = (short)i, BaseSequence = 0, Transactional = true }), i / 50);
            Append(log,
                RecordBatchBuilder.TransactionMarker(LogScenario.StartMs + (i * 10), 2, (short)i,
                    i % 40 == 39 ? ControlRecordType.Commit : ControlRecordType.Abort, 3), i / 50);
        }
        log.UpdateHighWatermark(log.LogEndOffset);
        directories.Close(-1);
        return Path.Combine(_root, LogScenario.Partition.ToString());
    }

    private static void Append(PartitionLog log, byte[] batch, int epoch)
    {
        BatchInfo.TryRead(batch, out BatchInfo info);
        log.AppendAsLeader(batch, info, epoch, info.IsControl ? AppendOrigin.Coordinator : AppendOrigin.Client,
            LogScenario.StartMs).Error.ShouldBe(ErrorCode.None);
    }
}
