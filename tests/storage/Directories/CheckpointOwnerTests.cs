using System.Text;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Directories;

/// <summary>A checkpoint's entry belongs to the log that had the name when it was written, and never deletes what the files hold.</summary>
public class CheckpointOwnerTests
{
    private static readonly Guid Anew = new("11111111-2222-3333-4444-555555555555");

    private static readonly LogConfig SmallSegments = new() { SegmentBytes = 200, FileDeleteDelayMs = 10 };

    [Fact]
    public void A_topic_made_again_under_a_deleted_name_keeps_its_records_at_whatever_call_the_broker_ends()
    {
        int calls = DeleteAndMakeAgain(int.MaxValue, out _, out _);
        calls.ShouldBeGreaterThan(50);
        for (int cut = 0; cut <= calls; cut++)
        {
            DeleteAndMakeAgain(cut, out InMemoryFileSystem disk, out Progress reached);
            for (int seed = 0; seed < 4; seed++)
            {
                bool killed = seed == 0;
                LogScenario after = new(SmallSegments, killed ? disk.AfterProcessDeath() : disk.AfterPowerCut(new Random((cut * 7) + seed)));
                if (after.Log.TopicId != Anew)
                {
                    (killed ? reached.Appended : reached.Flushed).ShouldBe(0, $"cut before call {cut}, seed {seed}: the log has gone");
                    continue;
                }

                List<BatchInfo> batches = after.ReadAll();
                long end = batches is [.., BatchInfo last] ? last.NextOffset : 0;
                after.Log.LogStartOffset.ShouldBe(0, $"cut before call {cut}, seed {seed}");
                end.ShouldBeGreaterThanOrEqualTo(killed ? reached.Appended : reached.Flushed, $"cut before call {cut}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Entries_of_deleted_logs_leave_every_checkpoint_before_the_name_is_used_again()
    {
        LogScenario log = new(SmallSegments);
        log.Append(3).Append(3).Replicate().Log.IncrementLogStartOffset(4);
        log.Log.Flush(6, log.Now);
        Checkpoint(log);
        WholeFiles.Replace(log.Disk, PathOf("cleaner-offset-checkpoint"), "0\n2\norders 3 5\nother 0 7\n"u8, durable: true);
        log.KillAndRecover().Directories.Delete(log.Log);
        log.Directories.GetOrCreate(new TopicPartition("other", 0), Guid.Empty, log.Config);
        TextOf(log, "recovery-point-offset-checkpoint").ShouldBe("0\n1\norders 3 6\n", "another name needs no write");
        log.Directories.GetOrCreate(LogScenario.Partition, Anew, log.Config);
        foreach (string name in (string[])["recovery-point-offset-checkpoint", "log-start-offset-checkpoint", "replication-offset-checkpoint"])
        {
            TextOf(log, name).ShouldBe("0\n0\n", name);
        }

        TextOf(log, "cleaner-offset-checkpoint").ShouldBe("0\n0\n", "the other entry's log was made anew, too");
    }

    [Fact]
    public void A_name_whose_entries_cannot_be_removed_is_not_used_again_yet()
    {
        LogScenario log = new(SmallSegments);
        log.Append(3).Log.Flush(3, log.Now);
        Checkpoint(log);
        log.Directories.Delete(log.Log);
        log.Memory.BeforeChange = (_, path) =>
        {
            if (path.Contains("recovery-point", StringComparison.Ordinal))
            {
                throw new IOException("no room", Shortage.NoSpace);
            }
        };
        Should.Throw<IOException>(() => log.Directories.GetOrCreate(LogScenario.Partition, Anew, log.Config));
        log.Directories.Find(LogScenario.Partition).ShouldBeNull();
        log.Memory.BeforeChange = null;
        log.Directories.GetOrCreate(LogScenario.Partition, Anew, log.Config).LogEndOffset.ShouldBe(0);
        TextOf(log, "recovery-point-offset-checkpoint").ShouldBe("0\n0\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_log_start_beyond_the_files_deletes_nothing_and_is_not_believed_later(bool clean)
    {
        LogScenario log = new(SmallSegments);
        log.Append(3).Append(3);
        End(log, clean);
        WholeFiles.Replace(log.Disk, PathOf("log-start-offset-checkpoint"), "0\n1\norders 3 100\n"u8, durable: true);
        log.Open().ShouldHold(0, 3);
        (log.Log.LogStartOffset, log.Log.LogEndOffset).ShouldBe((0, 6));
        for (int i = 0; i < 40; i++)
        {
            log.Append(3);
        }

        log.KillAndRecover().Log.LogStartOffset.ShouldBe(0);
        log.ReadAll().Count.ShouldBe(42);
    }

    [Fact]
    public void A_recovery_point_beyond_the_files_spares_no_segment_its_scan()
    {
        LogScenario log = new(SmallSegments);
        log.Append(3).Append(3).Append(3).Append(3);
        log.Log.SegmentCount.ShouldBeGreaterThan(2);
        log.Directories.Abandon();
        WholeFiles.Replace(log.Disk, PathOf("recovery-point-offset-checkpoint"), "0\n1\norders 3 100\n"u8, durable: true);
        Rot(log, 0);
        log.Open();
        log.Log.RecoveryPoint.ShouldBe(0);
        Should.NotThrow(() => log.ReadAll());
        log.ShouldHold([.. log.ReadAll().Select(batch => batch.BaseOffset)]);
        TextOf(log, "recovery-point-offset-checkpoint").ShouldBe("0\n1\norders 3 0\n", "what is appended next is not flushed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_lies_behind_a_gap_between_segments_stays(bool compacted)
    {
        LogScenario log = new(new LogConfig { SegmentBytes = 200, CleanupCompact = compacted });
        log.Append(3).Append(3).Append(3);
        log.Log.SegmentCount.ShouldBe(3);
        log.Directories.Abandon();
        log.Disk.DeleteFile(log.FileOf(3, ".log"));
        using (IOpenFile file = log.Disk.Open(log.FileOf(0, ".log"), FileOpen.Existing))
        {
            file.SetLength(0);
        }

        log.Open().ShouldHold(6);
        log.Append(2).ShouldHold(6, 9);
        log.KillAndRecover().ShouldHold(6, 9);
    }

    /// <summary>A topic's log start is raised and checkpointed, it is deleted and made again, and records are appended, with every call to the disk from the
    /// given one on failing.</summary>
    private static int DeleteAndMakeAgain(int cut, out InMemoryFileSystem disk, out Progress reached)
    {
        InMemoryFileSystem memory = new(tracksDurability: true);
        LogScenario log = new(SmallSegments, memory);
        for (int i = 0; i < 8; i++)
        {
            log.Append(5);
        }

        log.Replicate().Log.IncrementLogStartOffset(37);
        log.Log.Flush(40, log.Now);
        Checkpoint(log);
        int calls = 0;
        memory.BeforeChange = (_, _) =>
        {
            if (calls++ >= cut)
            {
                throw new IOException("the power is cut");
            }
        };
        reached = new Progress();
        try
        {
            MakeAgain(log, reached);
        }
        catch (IOException)
        {
            // The cut.
        }

        memory.BeforeChange = null;
        disk = memory;
        return calls;
    }

    private static void MakeAgain(LogScenario log, Progress reached)
    {
        log.Directories.Delete(log.Log);
        PartitionLog anew = log.Directories.GetOrCreate(LogScenario.Partition, Anew, log.Config);
        for (int i = 0; i < 12; i++)
        {
            byte[] batch = LogScenario.Batch(4, log.Now);
            BatchInfo.TryRead(batch, out BatchInfo info);
            AppendResult result = anew.AppendAsLeader(batch, info, 0, AppendOrigin.Client, log.Now);
            if (result.Error != Protocol.ErrorCode.None)
            {
                throw new IOException("the power is cut");
            }

            reached.Appended = result.LastOffset + 1;
            if (i == 3)
            {
                anew.Flush(reached.Appended, log.Now);
                reached.Flushed = reached.Appended;
            }
        }
    }

    private static void Checkpoint(LogScenario log)
    {
        log.Directory.CheckpointRecoveryPoints();
        log.Directory.CheckpointLogStartOffsets();
        log.Directory.CheckpointHighWatermarks();
    }

    private static void End(LogScenario log, bool clean)
    {
        if (clean)
        {
            log.Directories.Close(1);
        }
        else
        {
            log.Directories.Abandon();
        }
    }

    /// <summary>Changes a byte of a segment's last record.</summary>
    private static void Rot(LogScenario log, long baseOffset)
    {
        using IOpenFile file = log.Disk.Open(log.FileOf(baseOffset, ".log"), FileOpen.Existing);
        file.Write(file.Length - 3, [0x55]);
    }

    private static string PathOf(string name) => Path.Combine(LogScenario.Root, name);

    private static string TextOf(LogScenario log, string name) => Encoding.UTF8.GetString(WholeFiles.Read(log.Disk, PathOf(name))!);

    private sealed class Progress
    {
        public long Appended { get; set; }

        public long Flushed { get; set; }
    }
}
