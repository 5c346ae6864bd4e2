using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;

namespace Broker.Storage.Tests.Logs;

/// <summary>One scenario that does everything, with the power cut before each of its calls to the disk in turn.</summary>
public class CrashPointTests
{
    [Fact]
    public void Whatever_call_the_power_fails_at_what_was_flushed_is_there_and_the_log_goes_on()
    {
        int calls = CallsOf(int.MaxValue, out _);
        calls.ShouldBeGreaterThan(100);
        for (int cut = 0; cut <= calls; cut++)
        {
            CallsOf(cut, out Survivor left);
            for (int seed = 0; seed < 4; seed++)
            {
                Check(left, cut, seed);
            }
        }
    }

    [Fact]
    public void Two_cuts_in_two_segments_stay_cut_after_a_flush()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            LogScenario log = new();
            log.Append(4).Append(4).Log.Flush(8, log.Now);
            log.Log.TruncateTo(4, log.Now);
            log.Log.Roll(log.Now);
            log.Append(3).Log.TruncateTo(4, log.Now);
            log.Log.Flush(4, log.Now);
            log.Directory.CheckpointRecoveryPoints();
            log.Append(2).CutPowerAndRecover(seed);
            long end = log.Log.LogEndOffset;
            log.Append(1);
            log.ReadAll().Select(batch => (batch.BaseOffset, batch.NextOffset)).ShouldBe(end == 4 ? [(0, 4), (4, 5)] : [(0, 4), (4, 6), (6, 7)],
                $"seed {seed}");
        }
    }

    private static void Check(Survivor left, int cut, int seed)
    {
        string at = $"cut before call {cut}, seed {seed}";
        InMemoryFileSystem disk = seed == 0 ? left.Disk.AfterProcessDeath() : left.Disk.AfterPowerCut(new Random((cut * 7) + seed));
        LogScenario log = new(left.Config, disk);
        List<BatchInfo> batches = log.ReadAll();
        log.Log.LogEndOffset.ShouldBeGreaterThanOrEqualTo(left.Flushed, at);
        long next = log.Log.LogStartOffset;
        foreach (BatchInfo batch in batches)
        {
            // What was not flushed may have gone before what stayed; the log goes on behind the last segment.
            if (next < left.Flushed)
            {
                batch.BaseOffset.ShouldBeLessThanOrEqualTo(next, at);
            }

            batch.NextOffset.ShouldBeGreaterThan(next, at);
            next = batch.NextOffset;
        }

        next.ShouldBeInRange(left.Flushed, log.Log.LogEndOffset, at);
        next = log.Log.LogEndOffset;
        log.LeaderEpoch = 100;
        log.Append(3);
        log.Append(LogScenario.Batch(1, log.Now)).Error.ShouldBe(ErrorCode.None, at);
        log.KillAndRecover().Log.LogEndOffset.ShouldBe(next + 4, at);
        log.RestartCleanly().Log.LogEndOffset.ShouldBe(next + 4, at);
    }

    /// <summary>Runs the scenario, with every call to the disk from the given one on failing.</summary>
    private static int CallsOf(int cut, out Survivor left)
    {
        InMemoryFileSystem disk = new(tracksDurability: true);
        int calls = 0;
        disk.BeforeChange = (_, _) =>
        {
            if (calls++ >= cut)
            {
                throw new IOException("the power is cut");
            }
        };
        left = new Survivor(disk);
        try
        {
            Run(disk, left);
        }
        catch (IOException)
        {
            // The cut, or what a log whose disk has failed answers.
        }
        disk.BeforeChange = null;
        return calls;
    }

    private static void Run(InMemoryFileSystem disk, Survivor left)
    {
        LogScenario log = new(left.Config, disk);
        for (int round = 0; round < 3; round++)
        {
            log.LeaderEpoch = round;
            for (int i = 0; i < 6; i++)
            {
                Must(log.AppendOf(5, (short)round, i, 1));
            }
            Flush(log, left);
            Must(log.AppendOf(6, (short)round, 0, 2, transactional: true));
            Must(log.Mark(6, (short)round, ControlRecordType.Abort));
            log.Directory.FlushDue();
            left.Flushed = log.Log.RecoveryPoint;
            log.Directory.CheckpointRecoveryPoints();
            log.Replicate();
            log.Directory.CheckpointHighWatermarks();
            log.Log.DeleteOldSegments(log.Now);
            log.Advance(20);
            log.Directory.RunDelayedDeletes();
        }
        long kept = log.Log.LogEndOffset - 3;
        left.Flushed = Math.Min(left.Flushed, kept - 2);
        log.Log.TruncateTo(kept, log.Now);
        Must(log.AppendOf(5, 9, 0));
        Flush(log, left);
        log.RestartCleanly();
        Must(log.AppendOf(5, 9, 1));
    }

    private static void Must(AppendResult result)
    {
        if (result.Error == ErrorCode.KafkaStorageError)
        {
            throw new IOException("the power is cut");
        }
        result.Error.ShouldBe(ErrorCode.None);
    }

    private static void Flush(LogScenario log, Survivor left)
    {
        log.Log.Flush(log.Log.LogEndOffset, log.Now);
        left.Flushed = log.Log.LogEndOffset;
    }

    private sealed class Survivor(InMemoryFileSystem disk)
    {
        public InMemoryFileSystem Disk => disk;

        public LogConfig Config { get; } = new() { SegmentBytes = 450, IndexIntervalBytes = 100, RetentionBytes = 1_200, FileDeleteDelayMs = 10 };

        public long Flushed { get; set; }
    }
}
