using Broker.Protocol;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Logs;

/// <summary>A log whose disk is full, fails, or loses what was not flushed.</summary>
public class FailingDiskTests
{
    [Fact]
    public void A_failed_append_leaves_the_log_and_the_producers_as_they_were()
    {
        LogScenario log = new();
        log.AppendOf(1, 0, 0);
        log.Memory.Capacity = 0;
        log.AppendOf(1, 0, 1, 50).Error.ShouldBe(ErrorCode.KafkaStorageError);
        log.AppendOf(1, 0, 1, 5).Error.ShouldBe(ErrorCode.KafkaStorageError);
        log.Log.IsOffline.ShouldBeFalse();
        (log.Log.LogEndOffset, log.Log.SizeInBytes).ShouldBe((1, new FileInfoOf(log).LogLength));
        log.Memory.Capacity = long.MaxValue;
        log.AppendOf(1, 0, 1, 50).BaseOffset.ShouldBe(1);
        log.ShouldHold(0, 1).KillAndRecover().ShouldHold(0, 1);
    }

    [Fact]
    public void A_disk_that_fills_at_any_byte_never_shows_or_keeps_half_a_batch()
    {
        for (int room = 0; room < 900; room += 23)
        {
            LogScenario log = new(new LogConfig { SegmentBytes = 500, IndexIntervalBytes = 0 });
            log.Memory.Capacity = 1500 + room;
            int taken = 0;
            while (log.AppendOf(1, 0, taken, 1).Error == ErrorCode.None)
            {
                taken++;
            }
            log.Memory.Capacity = long.MaxValue;
            log.ReadAll().Count.ShouldBe(taken);
            log.AppendOf(1, 0, taken).BaseOffset.ShouldBe(taken);
            log.KillAndRecover().ReadAll().Count.ShouldBe(taken + 1);
        }
    }

    [Fact]
    public void Where_even_cutting_back_fails_the_directory_goes_offline()
    {
        LogScenario log = new();
        log.Append();
        log.Memory.BeforeChange = (change, _) => throw new IOException($"no {change}");
        log.AppendOf(1, 0, 0).Error.ShouldBe(ErrorCode.KafkaStorageError);
        log.Log.IsOffline.ShouldBeTrue();
        log.Directories.IsOffline(LogScenario.Partition).ShouldBeTrue();
        log.Memory.BeforeChange = null;
        log.AppendOf(1, 0, 0).Error.ShouldBe(ErrorCode.KafkaStorageError, "nothing is written to it any more");
        log.Directories.Find(LogScenario.Partition).ShouldBeNull();
    }

    [Fact]
    public void A_failed_roll_leaves_no_empty_segment_behind_that_would_hide_records()
    {
        LogScenario log = new(new LogConfig { SegmentMs = 1000 });
        log.Append();
        log.Advance(5000);
        log.Memory.BeforeChange = (change, path) =>
        {
            if (change == FileChange.Create && path.EndsWith(".index", StringComparison.Ordinal))
            {
                throw new IOException("full");
            }
        };
        log.AppendOf(1, 0, 0).Error.ShouldBe(ErrorCode.KafkaStorageError);
        log.Memory.BeforeChange = null;
        log.Config = log.Config with { SegmentMs = 1_000_000 };
        log.Log.Config = log.Config;
        log.Append(3).KillAndRecover().ShouldHold(0, 1);
    }

    [Fact]
    public void Batches_of_two_epochs_that_find_no_room_leave_the_epochs_as_they_were()
    {
        LogScenario leader = new();
        foreach (int epoch in (int[])[0, 5, 5, 6])
        {
            leader.LeaderEpoch = epoch;
            leader.Append();
        }

        LogScenario follower = new();
        byte[] Batches(long from, int maxBytes) => LogScenario.BytesOf(leader.Log.Read(from, maxBytes, leader.Log.LogEndOffset, wholeFirstBatch: true));
        follower.Log.AppendAsFollower(Batches(0, 1), int.MaxValue, follower.Now).Error.ShouldBe(ErrorCode.None);
        follower.Log.AppendAsFollower(Batches(1, 1), int.MaxValue, follower.Now).Error.ShouldBe(ErrorCode.None);
        follower.Memory.Capacity = 0;
        follower.Log.AppendAsFollower(Batches(2, 1000), int.MaxValue, follower.Now).Error.ShouldNotBe(ErrorCode.None);
        follower.Log.Epochs.Entries.ShouldBe([new EpochStart(0, 0), new EpochStart(5, 1)]);
        follower.Memory.Capacity = long.MaxValue;
        follower.Log.AppendAsFollower(Batches(2, 1000), int.MaxValue, follower.Now).Error.ShouldBe(ErrorCode.None);
        follower.Log.Epochs.Entries.ShouldBe([new EpochStart(0, 0), new EpochStart(5, 1), new EpochStart(6, 3)]);
    }

    [Fact]
    public void A_producer_whose_records_were_deleted_as_old_is_known_after_a_power_cut()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            LogScenario log = new(new LogConfig { RetentionMs = 1_000, FileDeleteDelayMs = 0 });
            log.AppendOf(7, 0, sequence: 0).Error.ShouldBe(ErrorCode.None);
            log.Replicate().Log.Flush(1, log.Now);
            log.Advance(5_000).Log.DeleteOldSegments(log.Now).ShouldBe(1);
            log.CutPowerAndRecover(seed).AppendOf(7, 0, sequence: 0);
            log.Log.LogEndOffset.ShouldBe(1, $"seed {seed}: the batch that is sent again is there already");
        }
    }

    [Fact]
    public void The_indexes_of_full_segments_survive_a_power_cut_where_each_append_was_flushed()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            LogScenario log = new(new LogConfig { SegmentBytes = 400, IndexIntervalBytes = 1 });
            for (int i = 0; i < 12; i++)
            {
                log.Advance(1_000).Append().Log.Flush(log.Log.LogEndOffset, log.Now);
            }

            log.CutPowerAndRecover(seed);
            for (int i = 0; i < 12; i++)
            {
                log.OffsetForTimestamp(LogScenario.StartMs + ((i + 1) * 1_000)).ShouldNotBeNull().Offset.ShouldBe(i, $"seed {seed}");
            }
        }
    }

    [Fact]
    public void No_segment_is_deleted_as_old_by_a_time_index_that_a_power_cut_has_torn()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            LogScenario log = new(new LogConfig { SegmentBytes = 400, RetentionMs = 1_000_000 });
            for (int i = 0; i < 3 + (seed % 10); i++)
            {
                log.Advance(1_000).Append().Log.Flush(log.Log.LogEndOffset, log.Now);
            }

            // Perhaps in a new segment: then the flushed one before it is full, and its indexes are not flushed.
            log.Append();
            log.Directory.CheckpointRecoveryPoints();
            log.CutPowerAndRecover(seed).Replicate().Log.DeleteOldSegments(log.Now).ShouldBe(0, $"seed {seed}");
        }
    }

    private readonly record struct FileInfoOf(LogScenario Log)
    {
        public long LogLength => Log.Disk.List(Log.Folder).Single(f => f.Name.EndsWith(".log", StringComparison.Ordinal)).Length;
    }
}
