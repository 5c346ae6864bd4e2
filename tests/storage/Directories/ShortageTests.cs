using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Directories;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Directories;

/// <summary>A full disk, and a process without a handle left, are no broken disks.</summary>
public class ShortageTests
{
    private const string Checkpoint = LogScenario.Root + "/replication-offset-checkpoint";

    [Theory]
    [InlineData(Shortage.NoSpace)]
    [InlineData(Shortage.ProcessHandles)]
    [InlineData(Shortage.FileTooLarge)]
    public void A_checkpoint_that_finds_no_room_is_written_at_its_next_turn(int error)
    {
        LogScenario log = new LogScenario().Append(3).Replicate();
        log.Directory.CheckpointHighWatermarks();
        byte[] before = WholeFiles.Read(log.Disk, Checkpoint)!;
        log.Append(2).Replicate();
        log.Memory.BeforeChange = (change, path) => ThrowAt(change is FileChange.Create or FileChange.Write
            && path.Contains("checkpoint", StringComparison.Ordinal), error);
        log.Directory.CheckpointHighWatermarks();
        log.Directory.CheckpointRecoveryPoints();
        log.Directory.CheckpointLogStartOffsets();
        log.Log.IsOffline.ShouldBeFalse();
        WholeFiles.Read(log.Disk, Checkpoint).ShouldBe(before);
        log.Memory.BeforeChange = null;
        log.Directory.CheckpointHighWatermarks();
        System.Text.Encoding.UTF8.GetString(WholeFiles.Read(log.Disk, Checkpoint)!).ShouldBe("0\n1\norders 3 5\n");
    }

    [Fact]
    public void A_checkpoint_that_a_truncation_must_lower_is_no_matter_of_later()
    {
        LogScenario log = new LogScenario().Append(3).Append(3);
        log.Log.Flush(6, log.Now);
        log.Directory.CheckpointRecoveryPoints();
        log.Memory.BeforeChange = (_, path) => ThrowAt(path.Contains("recovery-point", StringComparison.Ordinal), Shortage.NoSpace);
        log.Log.TruncateTo(3, log.Now);
        log.Log.IsOffline.ShouldBeTrue();
    }

    [Fact]
    public void A_broken_disk_takes_the_directory_offline_at_a_checkpoint()
    {
        LogScenario log = new LogScenario().Append(3);
        log.Memory.BeforeChange = (_, path) => ThrowAt(path.Contains("checkpoint", StringComparison.Ordinal), error: 5);
        log.Directory.CheckpointHighWatermarks();
        log.Log.IsOffline.ShouldBeTrue();
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(Shortage.NoSpace, false)]
    public void A_topic_id_that_cannot_be_written_takes_the_directory_offline_only_where_its_disk_is_broken(int error, bool isOffline)
    {
        LogScenario log = new();
        PartitionLog old = log.Directories.GetOrCreate(new TopicPartition("old", 0), Guid.Empty, new LogConfig());
        Guid topicId = Guid.Parse("11111111-2222-3333-4444-555555555555");
        log.Memory.BeforeChange = (_, path) => ThrowAt(path.Contains("partition.metadata", StringComparison.Ordinal), error);
        Should.Throw<IOException>(() => log.Directories.GetOrCreate(old.Partition, topicId, old.Config));
        old.IsOffline.ShouldBe(isOffline);
        old.TopicId.ShouldBe(Guid.Empty);
        log.Memory.BeforeChange = null;
        if (!isOffline)
        {
            log.Directories.GetOrCreate(old.Partition, topicId, old.Config).TopicId.ShouldBe(topicId);
        }
    }

    [Fact]
    public void Where_handles_run_out_files_that_nobody_uses_are_closed_for_what_needs_one()
    {
        LogScenario log = new LogScenario().Append(3).Replicate();
        int refusals = 3;
        log.Memory.BeforeChange = (change, path) => ThrowAt(change == FileChange.Create && path.EndsWith(".tmp", StringComparison.Ordinal) && refusals-- > 0,
            Shortage.ProcessHandles);
        log.Directory.CheckpointHighWatermarks();
        log.Disk.FileExists(Checkpoint).ShouldBeFalse("all that could be closed was closed, and it was not enough");
        log.Log.IsOffline.ShouldBeFalse();
        refusals = 1;
        log.Append(1).Replicate();
        log.Directory.CheckpointHighWatermarks();
        log.Disk.FileExists(Checkpoint).ShouldBeTrue("the log's files were closed for it");
        log.Append(1).ShouldHold(0, 3, 4);
    }

    [Fact]
    public void A_flush_that_finds_no_handle_is_done_at_its_next_turn()
    {
        LogScenario log = new LogScenario().Append(3);
        log.Log.Roll(log.Now);
        log.Memory.BeforeChange = (change, _) => ThrowAt(change == FileChange.SyncDirectory, Shortage.ProcessHandles);
        log.Directory.FlushDue();
        log.Log.IsOffline.ShouldBeFalse();
        log.Log.RecoveryPoint.ShouldBe(0);
        log.Memory.BeforeChange = null;
        log.Directory.FlushDue();
        log.Log.RecoveryPoint.ShouldBe(3);
    }

    [Fact]
    public void A_flush_that_finds_no_room_keeps_no_other_log_from_its_flush()
    {
        LogScenario log = new LogScenario(new LogConfig { FlushMs = 0 }).Append(3);
        PartitionLog other = log.Directories.GetOrCreate(new TopicPartition("other", 0), Guid.Empty, log.Config);
        log.Log.Roll(log.Now);
        AppendTo(other, log.Now);
        log.Memory.BeforeChange = (change, path) => ThrowAt(change == FileChange.SyncDirectory && path.Contains("orders", StringComparison.Ordinal),
            Shortage.ProcessHandles);
        log.Directory.FlushDue();
        log.Log.RecoveryPoint.ShouldBe(0);
        other.RecoveryPoint.ShouldBe(2);
    }

    /// <summary>Whichever of the two the pass meets first.</summary>
    [Theory]
    [InlineData("orders")]
    [InlineData("other")]
    public void A_log_without_space_for_its_epochs_keeps_no_other_log_from_a_flush_that_is_due(string refused)
    {
        LogScenario log = new LogScenario(new LogConfig { FlushMs = 0 }).Append(2);
        PartitionLog other = log.Directories.GetOrCreate(new TopicPartition("other", 0), Guid.Empty, log.Config);
        AppendTo(other, log.Now);
        log.Memory.BeforeChange = (_, path) => ThrowAt(path.Contains($"{refused}-", StringComparison.Ordinal)
            && path.Contains("leader-epoch", StringComparison.Ordinal), Shortage.NoSpace);
        log.Directory.FlushDue();
        log.Log.IsOffline.ShouldBeFalse();
        (log.Log.RecoveryPoint, other.RecoveryPoint).ShouldBe(refused == "orders" ? (0, 2) : (2, 0));
        log.Memory.BeforeChange = null;
        log.Directory.FlushDue();
        (log.Log.RecoveryPoint, other.RecoveryPoint).ShouldBe((2, 2));
    }

    [Fact]
    public void A_sync_that_fails_for_want_of_space_has_lost_bytes()
    {
        LogScenario log = new LogScenario().Append(3);
        log.Memory.BeforeChange = (change, path) => ThrowAt(change == FileChange.Sync && path.EndsWith(".log", StringComparison.Ordinal), Shortage.NoSpace);
        Should.Throw<IOException>(() => log.Log.Flush(3, log.Now));
        log.Log.IsOffline.ShouldBeTrue();
    }

    [Fact]
    public void A_full_disk_refuses_a_new_partition_and_keeps_the_others()
    {
        LogScenario log = new LogScenario().Append(3);
        log.Memory.BeforeChange = (change, _) => ThrowAt(change is FileChange.Create or FileChange.CreateDirectory, Shortage.NoSpace);
        Should.Throw<IOException>(() => log.Directories.GetOrCreate(new TopicPartition("more", 0), Guid.Empty, log.Config));
        log.Memory.BeforeChange = null;
        log.Append(1).ShouldHold(0, 3);
        log.Directories.GetOrCreate(new TopicPartition("more", 0), Guid.Empty, log.Config).LogEndOffset.ShouldBe(0);
    }

    [Fact]
    public void A_full_disk_at_the_end_leaves_what_the_next_start_recovers()
    {
        LogScenario log = new LogScenario().Append(3).Replicate();
        log.Memory.Capacity = 0;
        log.Directories.Close(77);
        log.Memory.Capacity = long.MaxValue;
        log.Open();
        log.Directories.Directories[0].WasClean.ShouldBeFalse();
        log.ShouldHold(0);
    }

    [Fact]
    public void A_full_disk_keeps_nothing_that_has_expired_but_the_active_segment()
    {
        LogScenario log = new(new LogConfig { RetentionMs = 1000 });
        for (int i = 0; i < 3; i++)
        {
            log.Append(2).Log.Roll(log.Now);
        }
        log.Append(2).Replicate().Advance(2000);
        log.Memory.BeforeChange = (change, _) => ThrowAt(change is FileChange.Create or FileChange.Write, Shortage.NoSpace);
        Should.Throw<IOException>(() => log.Log.DeleteOldSegments(log.Now));
        (log.Log.LogStartOffset, log.Log.SegmentCount, log.Log.IsOffline).ShouldBe((6, 1, false));
        log.Memory.BeforeChange = null;
        log.Log.DeleteOldSegments(log.Now).ShouldBe(1);
        log.Log.LogStartOffset.ShouldBe(8);
        log.Append(1).ShouldHold(8);
    }

    [Fact]
    public void A_folder_whose_renaming_cannot_be_synced_for_want_of_a_handle_is_deleted_nevertheless()
    {
        LogScenario log = new LogScenario().Append(3);
        log.Memory.BeforeChange = (change, _) => ThrowAt(change == FileChange.SyncDirectory, Shortage.ProcessHandles);
        log.Directories.Delete(log.Log);
        log.Log.IsOffline.ShouldBeFalse();
        log.Directories.Find(LogScenario.Partition).ShouldBeNull();
    }

    [Theory]
    [InlineData(64, 64, 64)]
    [InlineData(256, 128, 96)]
    [InlineData(1024, 512, 384)]
    [InlineData(4096, 2048, 1792)]
    [InlineData(20_000, 10_000, 9_744)]
    [InlineData(1_048_576, 65_536, 982_784)]
    public void Handles_are_shared_between_files_and_connections(long limit, int files, int connections) =>
        HandleShares.Of(limit).ShouldBe(new HandleShares(files, connections));

    private static void AppendTo(PartitionLog log, long nowMs)
    {
        byte[] batch = LogScenario.Batch(2, nowMs);
        BatchInfo.TryRead(batch, out BatchInfo info).ShouldBe(BatchReadResult.Ok);
        log.AppendAsLeader(batch, info, 0, AppendOrigin.Client, nowMs).Error.ShouldBe(ErrorCode.None);
    }

    private static void ThrowAt(bool there, int error)
    {
        if (there)
        {
            throw new IOException("injected", error);
        }
    }
}
