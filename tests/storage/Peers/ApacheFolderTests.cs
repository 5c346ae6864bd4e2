using System.IO.Compression;
using Broker.Protocol.Records;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Storage.Tests.Peers;

/// <summary>
/// A folder that Apache Kafka 3.9.2 wrote, as its death by kill -9 left it and as its own recovery and clean end left it: compressed batches, a committed and
/// an aborted transaction, an open one, preallocated indexes. Ours must come to the same bytes. The oldest segments are left out, as retention would.
/// </summary>
public class ApacheFolderTests
{
    private const string Partition = "/fixture-0";
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_795_419_900_000));

    [Fact]
    public void After_kill_9_our_recovery_leaves_byte_for_byte_what_Apaches_leaves()
    {
        InMemoryFileSystem disk = Unpacked();
        LogDirectories directories = Opened(disk, "/killed");
        PartitionLog log = directories.Find(new TopicPartition("fixture", 0))!;
        (log.LogStartOffset, log.HighWatermark, log.LogEndOffset).ShouldBe((1066, 1525, 1738));
        log.UpdateHighWatermark(log.LogEndOffset);
        log.LastStableOffset.ShouldBe(1450, "the third transaction is open");
        log.AbortedTransactions(1066, 1738).ShouldBe([new AbortedTransaction(3, 400, 1245, 1246)]);
        log.Epochs.Entries.ShouldBe([new EpochStart(0, 1066)]);
        LogScenario.ReadAll(log).Sum(b => b.RecordCount).ShouldBe(1738 - 1066);
        directories.Close(-1);

        foreach (string name in NamesIn(disk,
            "/clean").Where(n => n.EndsWith("index", StringComparison.Ordinal) || n.EndsWith(".log", StringComparison.Ordinal)))
        {
            Bytes(disk, "/killed", name).ShouldBe(Bytes(disk, "/clean", name), name);
        }
        SnapshotLines(disk, "/killed", "00000000000000001738.snapshot").ShouldBe(SnapshotLines(disk, "/clean", "00000000000000001738.snapshot"));
        Bytes(disk, "/killed", "partition.metadata").ShouldBe(Bytes(disk, "/clean", "partition.metadata"));
    }

    [Fact]
    public void After_a_clean_end_nothing_is_recovered_or_changed()
    {
        InMemoryFileSystem disk = Unpacked();
        Dictionary<string, byte[]> before = NamesIn(disk, "/clean").ToDictionary(n => n, n => Bytes(disk, "/clean", n), StringComparer.Ordinal);
        LogDirectories directories = Opened(disk, "/clean");
        LogDirectory directory = directories.Directories[0];
        directory.WasClean.ShouldBeTrue();
        directory.ReadIdentity()!.BrokerId.ShouldBe(1);
        PartitionLog log = directories.Find(new TopicPartition("fixture", 0))!;
        log.RecoveryPoint.ShouldBe(1738);
        log.ProducerCount.ShouldBe(3);
        LogScenario.ReadAll(log).Sum(b => b.RecordCount).ShouldBe(1738 - 1066);
        using DecompressionBound decompression = new(cores: 1);
        log.OffsetForTimestamp(0, decompression)!.Value.Offset.ShouldBe(1066);
        directories.Close(-1);
        foreach ((string name,
            byte[] bytes) in before.Where(f => !f.Key.EndsWith("checkpoint", StringComparison.Ordinal)
            && !f.Key.EndsWith("snapshot", StringComparison.Ordinal)))
        {
            Bytes(disk, "/clean", name).ShouldBe(bytes, name);
        }
        SnapshotLines(disk, "/clean", "00000000000000001738.snapshot").Length.ShouldBe(3);
    }

    private LogDirectories Opened(InMemoryFileSystem disk, string root)
    {
        LogDirectories directories = LogScenario.OpenDirectories(disk, _time, 100, root);
        directories.Load(_ => new LogConfig { SegmentBytes = 20_000, IndexIntervalBytes = 1000 });
        return directories;
    }

    private InMemoryFileSystem Unpacked()
    {
        InMemoryFileSystem disk = new(time: _time);
        using ZipArchive zip = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Fixtures", "apache-3.9.2-folders.zip"));
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string path = "/" + entry.FullName;
            disk.CreateDirectory(Path.GetDirectoryName(path)!);
            using Stream stream = entry.Open();
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            using IOpenFile file = disk.Open(path, FileOpen.OrCreate);
            file.Write(0, bytes.ToArray());
        }
        return disk;
    }

    /// <summary>The producers of a snapshot in order of their ids: Apache's order is that of its hash map.</summary>
    private static string[] SnapshotLines(InMemoryFileSystem disk, string root, string name)
        => [.. Bytes(disk, root, name)[10..].Chunk(46).Select(Convert.ToHexString).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> NamesIn(InMemoryFileSystem disk, string root) => disk.List(root + Partition).Select(f => f.Name);

    private static byte[] Bytes(InMemoryFileSystem disk, string root, string name) => WholeFiles.Read(disk, root + Partition + "/" + name)!;
}
