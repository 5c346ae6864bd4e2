using Broker.Protocol;
using Broker.Storage.Checkpoints;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Storage.Tests.Directories;

public class LogDirectoriesTests
{
    private readonly InMemoryFileSystem _disk = new(tracksDurability: true);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(LogScenario.StartMs));

    private LogDirectories Open(params string[] roots) => LogScenario.OpenDirectories(_disk, _time, 100, roots);

    private LogDirectories Loaded(params string[] roots)
    {
        LogDirectories directories = Open(roots);
        directories.Load(_ => new LogConfig());
        return directories;
    }

    [Fact]
    public void A_log_that_is_deleted_while_it_is_flushed_takes_nothing_else_along()
    {
        LogScenario log = new();
        log.Append(3);
        Thread? deleting = null;
        log.Memory.BeforeChange = (change, path) =>
        {
            if (change != FileChange.Sync || !path.Contains("leader-epoch", StringComparison.Ordinal) || deleting is not null)
            {
                return;
            }
            deleting = new Thread(() => log.Directories.Delete(log.Log));
            deleting.Start();
            SpinWait.SpinUntil(() => !deleting.IsAlive || deleting.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        };
        log.Log.Flush(3, log.Now);
        deleting.ShouldNotBeNull().Join();
        log.Log.IsOffline.ShouldBeFalse();
        log.Directories.Find(LogScenario.Partition).ShouldBeNull();
        log.Log.Flush(4, log.Now);
        log.Log.IsOffline.ShouldBeFalse("nothing is flushed any more");
    }

    private static AppendResult Append(PartitionLog log, int records = 1)
    {
        byte[] batch = LogScenario.Batch(records, LogScenario.StartMs);
        Broker.Protocol.Records.BatchInfo.TryRead(batch, out Broker.Protocol.Records.BatchInfo info);
        return log.AppendAsLeader(batch, info, 0, AppendOrigin.Client, LogScenario.StartMs);
    }

    [Fact]
    public void Two_brokers_do_not_share_a_folder()
    {
        LogDirectories first = Open("/a", "/b");
        Should.Throw<IOException>(() => Open("/c", "/b")).Message.ShouldContain("another broker");
        Open("/c").Close(-1);
        first.Close(-1);
        Open("/b").Close(-1);
    }

    [Fact]
    public void The_identity_is_written_once_and_held_against_the_cluster_and_the_configuration()
    {
        LogDirectories directories = Open("/a", "/b");
        MetaProperties mine = new(5, "cluster-one");
        directories.EnsureIdentity("cluster-one", -1, () => mine).ShouldBe(mine);
        directories.ReadIdentity().ShouldBe(mine);
        directories.EnsureIdentity(null, 5, () => throw new InvalidOperationException("it has one")).ShouldBe(mine);
        Should.Throw<IdentityMismatchException>(() => directories.EnsureIdentity("other", 5, () => mine)).Message.ShouldContain("cluster-one");
        Should.Throw<IdentityMismatchException>(() => directories.EnsureIdentity("cluster-one", 6, () => mine)).Message.ShouldContain("broker 5");
        directories.Directories[1].WriteIdentity(new MetaProperties(6, "cluster-one"));
        Should.Throw<IdentityMismatchException>(() => directories.EnsureIdentity("cluster-one", null, () => mine));
    }

    [Fact]
    public void A_clean_end_leaves_Kafkas_files_and_the_marker_which_the_next_start_takes_away()
    {
        LogDirectories directories = Loaded();
        PartitionLog log = directories.GetOrCreate(LogScenario.Partition, LogScenario.TopicId, new LogConfig());
        Append(log, 4);
        log.UpdateHighWatermark(3);
        log.IncrementLogStartOffset(2);
        directories.Close(12);
        TextOf("recovery-point-offset-checkpoint").ShouldBe("0\n1\norders 3 4\n");
        TextOf("log-start-offset-checkpoint").ShouldBe("0\n1\norders 3 2\n");
        TextOf("replication-offset-checkpoint").ShouldBe("0\n1\norders 3 3\n");
        TextOf(".kafka_cleanshutdown").ShouldBe("{\"version\":0,\"brokerEpoch\":12}");
        _disk.List("/data/orders-3").Select(f => f.Name).Order(StringComparer.Ordinal).ShouldBe(
            ["00000000000000000000.index", "00000000000000000000.log", "00000000000000000000.timeindex", "00000000000000000004.snapshot",
                "leader-epoch-checkpoint", "partition.metadata"]);

        directories = Loaded();
        _disk.FileExists("/data/.kafka_cleanshutdown").ShouldBeFalse();
        directories.Directories[0].WasClean.ShouldBeTrue();
        directories.Directories[0].CleanBrokerEpoch.ShouldBe(12);
        PartitionLog again = directories.Find(LogScenario.Partition)!;
        (again.LogStartOffset, again.HighWatermark, again.LogEndOffset, again.RecoveryPoint).ShouldBe((2, 3, 4, 4));
        again.TopicId.ShouldBe(LogScenario.TopicId);
        again.Epochs.Entries.ShouldBe([new EpochStart(0, 2)]);
    }

    [Fact]
    public void New_partitions_go_where_there_are_fewest()
    {
        LogDirectories directories = Loaded("/a", "/b");
        for (int i = 0; i < 10; i++)
        {
            directories.GetOrCreate(new TopicPartition("t", i), Guid.Empty, new LogConfig());
        }
        directories.Directories.Select(d => d.Count).ShouldBe([5, 5]);
        directories.GetOrCreate(new TopicPartition("t", 3), LogScenario.TopicId, new LogConfig()).TopicId.ShouldBe(LogScenario.TopicId);
        directories.Close(-1);
        Loaded("/b", "/a").Logs.Count().ShouldBe(10);
    }

    [Fact]
    public void A_deleted_partition_is_renamed_at_once_and_vanishes_later_but_not_under_a_reader()
    {
        LogDirectories directories = Loaded();
        PartitionLog log = directories.GetOrCreate(LogScenario.Partition, LogScenario.TopicId, new LogConfig());
        Append(log);
        LogSlice slice = log.Read(0, 1000, 1, wholeFirstBatch: true).Slice!;
        directories.Delete(log);
        directories.Find(LogScenario.Partition).ShouldBeNull();
        Append(log).Error.ShouldBe(ErrorCode.KafkaStorageError);
        string renamed = _disk.List("/data").Single(e => e.IsDirectory).Name;
        renamed.ShouldMatch("^orders-3\\.[0-9a-f]{32}-delete$");

        PartitionLog anew = directories.GetOrCreate(LogScenario.Partition, Guid.NewGuid(), new LogConfig());
        anew.LogEndOffset.ShouldBe(0);
        _time.Advance(TimeSpan.FromMilliseconds(60_000));
        directories.Directories[0].RunDelayedDeletes();
        slice.ReadAt(0, new byte[slice.Length]).ShouldBe(slice.Length);
        slice.Dispose();
        directories.Directories[0].RunDelayedDeletes();
        _disk.List("/data").Where(e => e.IsDirectory).Select(e => e.Name).ShouldBe(["orders-3"]);
    }

    [Fact]
    public void What_a_crash_left_of_a_deletion_is_finished()
    {
        LogDirectories directories = Loaded();
        directories.Delete(directories.GetOrCreate(LogScenario.Partition, LogScenario.TopicId, new LogConfig()));
        directories.Abandon();
        LogDirectories next = Loaded();
        next.Logs.ShouldBeEmpty();
        next.Directories[0].RunDelayedDeletes();
        _disk.List("/data").Any(e => e.IsDirectory).ShouldBeFalse();
    }

    [Fact]
    public void A_name_too_long_for_the_suffix_is_shortened()
    {
        TopicPartition longest = new(new string('x', 249), 10);
        LogDirectories directories = Loaded();
        directories.Delete(directories.GetOrCreate(longest, Guid.Empty, new LogConfig()));
        _disk.List("/data").Single(e => e.IsDirectory).Name.Length.ShouldBe(255);
    }

    [Fact]
    public void One_failed_disk_takes_its_partitions_offline_and_no_others()
    {
        LogDirectory? failed = null;
        StorageOptions options = new() { Random = new Random(1), Directories = ["/a", "/b"], OnDirectoryFailed = d => failed = d };
        LogDirectories directories = LogDirectories.Open(options, _disk, _time, NullLoggerFactory.Instance);
        directories.Load(_ => new LogConfig());
        PartitionLog a = directories.GetOrCreate(new TopicPartition("t", 0), Guid.Empty, new LogConfig());
        PartitionLog b = directories.GetOrCreate(new TopicPartition("t", 1), Guid.Empty, new LogConfig());
        Append(a);
        Append(b);
        _disk.BeforeChange = (change, path) =>
        {
            if (change == FileChange.Sync && path.StartsWith("/a", StringComparison.Ordinal))
            {
                throw new IOException("the disk is gone");
            }
        };
        Should.Throw<IOException>(() => a.Flush(1, 0));
        failed.ShouldBe(directories.Directories[0]);
        a.IsOffline.ShouldBeTrue();
        Append(b).Error.ShouldBe(ErrorCode.None);
        directories.IsOffline(a.Partition).ShouldBeTrue();
        directories.Find(a.Partition).ShouldBeNull();
        directories.GetOrCreate(new TopicPartition("t", 2), Guid.Empty, new LogConfig()).Directory.ShouldBe("/b");
        directories.Directories[1].CheckpointHighWatermarks();
        directories.Close(-1);
        _disk.FileExists("/a/.kafka_cleanshutdown").ShouldBeFalse();
        _disk.FileExists("/b/.kafka_cleanshutdown").ShouldBeTrue();
    }

    [Fact]
    public void A_garbled_checkpoint_takes_its_directory_offline_and_with_the_last_one_the_start_fails()
    {
        _disk.CreateDirectory("/a");
        WholeFiles.Replace(_disk, "/a/replication-offset-checkpoint", "rubbish"u8, durable: false);
        LogDirectories directories = Open("/a", "/b");
        directories.Load(_ => new LogConfig());
        directories.Online.Select(d => d.Path).ShouldBe(["/b"]);
        directories.Abandon();
        Should.Throw<CorruptFileException>(() => Loaded("/a")).Message.ShouldContain("replication-offset-checkpoint");
    }

    [Fact]
    public void A_folder_that_is_no_partition_is_refused_as_Apache_does()
    {
        _disk.CreateDirectory("/data/lost+found");
        Should.Throw<CorruptFileException>(() => Loaded()).Message.ShouldContain("lost+found");
    }

    [Fact]
    public void Many_partitions_work_with_few_handles_and_load_on_several_threads()
    {
        const int Partitions = 400;
        LogDirectories directories = LogScenario.OpenDirectories(_disk, _time, 16);
        directories.Load(_ => new LogConfig());
        for (int i = 0; i < Partitions; i++)
        {
            Append(directories.GetOrCreate(new TopicPartition("t", i), Guid.Empty, new LogConfig()), 1 + (i % 3)).Error.ShouldBe(ErrorCode.None);
        }
        for (int round = 0; round < 2; round++)
        {
            foreach (PartitionLog log in directories.Logs)
            {
                log.Read(0, 1000, log.LogEndOffset, wholeFirstBatch: true).Slice!.Dispose();
            }
        }
        directories.Abandon();
        LogDirectories next = LogDirectories.Open(new StorageOptions { Random = new Random(1), Directories = ["/data"], RecoveryThreads = 4, OpenFiles = 16 },
            _disk, _time, NullLoggerFactory.Instance);
        next.Load(_ => new LogConfig());
        next.Logs.Sum(l => l.LogEndOffset).ShouldBe(Enumerable.Range(0, Partitions).Sum(i => 1 + (i % 3)));
    }

    [Fact]
    public void Swapped_in_segments_replace_what_they_cover_and_half_cleaned_ones_go()
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 300, CleanupCompact = true, CleanupDelete = false });
        for (int i = 0; i < 4; i++)
        {
            log.Append(2, 80);
        }
        log.Log.SegmentCount.ShouldBe(4);
        log.Directories.Close(-1);
        string folder = log.Folder;
        foreach (string suffix in new[] { ".log", ".index", ".timeindex" })
        {
            Copy(log.Disk, log.FileOf(2, suffix), log.FileOf(2, suffix) + ".swap");
            Copy(log.Disk, log.FileOf(4, suffix), log.FileOf(4, suffix) + ".cleaned");
            Copy(log.Disk, log.FileOf(4, suffix), log.FileOf(4, suffix) + ".swap");
        }
        log.Disk.DeleteFile(log.FileOf(2, ".log"));
        Copy(log.Disk, log.FileOf(6, ".log"), log.FileOf(6, ".log") + ".deleted");
        log.Open().ShouldHold(0, 2, 4, 6);
        log.Disk.List(folder).ShouldAllBe(f => !f.Name.EndsWith(".swap", StringComparison.Ordinal) && !f.Name.EndsWith(".cleaned", StringComparison.Ordinal)
            && !f.Name.EndsWith(".deleted", StringComparison.Ordinal));
    }

    private static void Copy(IFileSystem disk, string from, string to)
    {
        using IOpenFile target = disk.Open(to, FileOpen.OrCreate);
        target.Write(0, WholeFiles.Read(disk, from)!);
    }

    private string TextOf(string name) => System.Text.Encoding.UTF8.GetString(WholeFiles.Read(_disk, "/data/" + name)!);
}
