using Broker.Protocol;
using Broker.Protocol.Records;
using CsCheck;

namespace Broker.Storage.Tests.Logs;

/// <summary>The log against a plain list of batches, under any order of appends, rolls, flushes, truncations, retention, clean ends, kills, torn writes and power cuts.</summary>
public class LogModelTests
{
    private enum Step
    {
        Append,
        AppendWithGap,
        Roll,
        Flush,
        Truncate,
        Retain,
        RaiseStart,
        CleanRestart,
        Kill,
        Tear,
        PowerCut,
        NewEpoch,
        Checkpoint,
        ReadSomewhere,
        StartAnew,
    }

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (30, Gen.Const(Step.Append)),
        (6, Gen.Const(Step.AppendWithGap)),
        (3, Gen.Const(Step.Roll)),
        (5, Gen.Const(Step.Flush)),
        (4, Gen.Const(Step.Truncate)),
        (3, Gen.Const(Step.Retain)),
        (2, Gen.Const(Step.RaiseStart)),
        (3, Gen.Const(Step.CleanRestart)),
        (3, Gen.Const(Step.Kill)),
        (3, Gen.Const(Step.Tear)),
        (4, Gen.Const(Step.PowerCut)),
        (3, Gen.Const(Step.NewEpoch)),
        (3, Gen.Const(Step.Checkpoint)),
        (8, Gen.Const(Step.ReadSomewhere)),
        (1, Gen.Const(Step.StartAnew)));

    [Fact]
    public void The_log_is_the_list()
        => Steps.Select(Gen.Int[0, 1 << 20]).List[1, 60].Sample(
            steps =>
            {
                var model = new Model();
                foreach ((Step step, int choice) in steps)
                    model.Do(step, choice);
            },
            iter: 400,
            print: steps => string.Join(", ", steps));

    private sealed record Entry(long Base, long Last, int Epoch, byte[] Records);

    private sealed class Model
    {
        private readonly LogScenario log = new(new LogConfig { SegmentBytes = 900, IndexIntervalBytes = 150, RetentionBytes = 2_000, FileDeleteDelayMs = 10 });
        private List<Entry> history = [];
        private long start;
        private long flushedEnd;
        private bool unflushedCut;
        private int sequence;

        private long End => log.Log.LogEndOffset;

        public void Do(Step step, int choice)
        {
            switch (step)
            {
                case Step.Append: Append(1 + (choice % 4), choice / 4 % 120); break;
                case Step.AppendWithGap: AppendWithGap(1 + (choice % 7)); break;
                case Step.Roll: log.Log.Roll(log.Now); break;
                case Step.Flush: Flush(); break;
                case Step.Truncate: Truncate(choice); break;
                case Step.Retain: Retain(); break;
                case Step.RaiseStart: RaiseStart(choice); break;
                case Step.CleanRestart: log.RestartCleanly(); flushedEnd = End; unflushedCut = false; break;
                case Step.Kill: log.KillAndRecover(); AcceptEarlierStart(); break;
                case Step.Tear: Tear(1 + (choice % 200)); break;
                case Step.PowerCut: PowerCut(choice); break;
                case Step.NewEpoch: log.LeaderEpoch++; break;
                case Step.Checkpoint: Checkpoint(); break;
                case Step.ReadSomewhere: ReadFrom(start + (choice % Math.Max(1, End - start))); break;
                case Step.StartAnew: StartAnew(End + (choice % 5)); break;
            }
            Compare();
        }

        private void Append(int records, int valueSize)
        {
            log.Advance(5);
            byte[] batch = LogScenario.Batch(records, log.Now, new BatchOptions { ProducerId = 9, ProducerEpoch = 0, BaseSequence = sequence }, valueSize);
            AppendResult result = log.Append(batch);
            result.Error.ShouldBe(ErrorCode.None);
            history.Add(new Entry(result.BaseOffset, result.LastOffset, log.LeaderEpoch, batch[BatchInfo.HeaderSize..]));
            sequence += records;
            log.Append(LogScenario.Batch(records, log.Now, new BatchOptions { ProducerId = 9, ProducerEpoch = 0, BaseSequence = sequence - records }, valueSize)).IsDuplicate.ShouldBeTrue();
        }

        private void AppendWithGap(int gap)
        {
            byte[] batch = LogScenario.Batch(2, log.Now, new BatchOptions { BaseOffset = End + gap, PartitionLeaderEpoch = log.LeaderEpoch });
            AppendResult result = log.Log.AppendAsFollower(batch, log.Now);
            result.Error.ShouldBe(ErrorCode.None);
            history.Add(new Entry(result.BaseOffset, result.LastOffset, log.LeaderEpoch, batch[BatchInfo.HeaderSize..]));
        }

        private void Flush()
        {
            log.Log.Flush(End, log.Now);
            log.Log.RecoveryPoint.ShouldBe(End);
            unflushedCut = false;
            flushedEnd = End;
        }

        private void Truncate(int choice)
        {
            if (history.Count == 0)
                return;
            long offset = start + (choice % (End - start + 2));
            log.Log.TruncateTo(offset, log.Now);
            if (history.RemoveAll(e => e.Last >= offset) > 0)
            {
                unflushedCut = true;
                log.LeaderEpoch++;
            }
            // A start within a batch that goes whole goes with it.
            start = Math.Min(start, End);
            flushedEnd = Math.Min(flushedEnd, End);
            sequence = NextSequence();
        }

        private void Retain()
        {
            log.Replicate();
            log.Log.DeleteOldSegments(log.Now);
            start = log.Log.LogStartOffset;
            log.Advance(11);
            log.Directories.RunDelayedDeletes();
        }

        private void RaiseStart(int choice)
        {
            log.Replicate();
            long to = start + (choice % Math.Max(1, End - start));
            log.Log.IncrementLogStartOffset(to).ShouldBe(ErrorCode.None);
            start = Math.Max(start, to);
        }

        private void Tear(int bytes)
        {
            long torn = log.Log.SizeInBytes;
            if (log.Log.State.View.EndPosition < bytes)
                return;
            long flushedBefore = flushedEnd;
            log.TearLastWrite(bytes);
            log.Directories.Abandon();
            log.Disk.DeleteFile("/data/recovery-point-offset-checkpoint");
            log.KillAndRecover();
            AcceptSurvivors(0);
            flushedEnd = Math.Min(flushedBefore, End);
            torn.ShouldBeGreaterThanOrEqualTo(log.Log.SizeInBytes);
        }

        private void PowerCut(int seed)
        {
            // Until the disk has heard of a cut, what was cut may come back.
            if (unflushedCut)
            {
                log.KillAndRecover();
                AcceptEarlierStart();
                return;
            }
            log.CutPowerAndRecover(seed);
            AcceptSurvivors(flushedEnd);
        }

        private void Checkpoint()
        {
            log.Directories.CheckpointRecoveryPoints();
            log.Directories.CheckpointLogStartOffsets();
            log.Directories.CheckpointHighWatermarks();
            log.Directories.FlushDue();
        }

        private void StartAnew(long offset)
        {
            log.Log.TruncateFullyAndStartAt(offset, log.Now);
            history = [];
            start = offset;
            sequence = 0;
            // The folder's changes reach the disk with the next flush.
            log.RestartCleanly();
            flushedEnd = offset;
            unflushedCut = false;
        }

        /// <summary>The start is checkpointed now and then: after a crash it may lie where a segment begins.</summary>
        private void AcceptEarlierStart()
        {
            log.Log.LogStartOffset.ShouldBeLessThanOrEqualTo(start);
            start = log.Log.LogStartOffset;
            flushedEnd = Math.Min(flushedEnd, End);
        }

        /// <summary>What was flushed is there; of the rest a crash may have taken any, and a segment that stays is not deleted for a gap before it.</summary>
        private void AcceptSurvivors(long flushed)
        {
            AcceptEarlierStart();
            HashSet<long> left = [.. log.ReadAll().Select(batch => batch.BaseOffset)];
            history.Where(e => e.Last >= start && e.Last < flushed && !left.Contains(e.Base)).ShouldBeEmpty("what was flushed stays");
            history.RemoveAll(e => e.Last >= start && !left.Contains(e.Base));
            sequence = NextSequence();
        }

        private int NextSequence()
            => log.Log.State.Producers.Find(9) is { BatchCount: > 0 } known ? known.LastSequence + 1 : 0;

        private void ReadFrom(long offset)
        {
            Entry? expected = history.Find(e => e.Last >= offset);
            ReadResult read = log.Log.Read(offset, 1, End, wholeFirstBatch: true);
            byte[] bytes = LogScenario.BytesOf(read);
            if (expected is null)
            {
                bytes.ShouldBeEmpty();
                return;
            }
            BatchInfo.TryRead(bytes, out BatchInfo batch).ShouldBe(BatchReadResult.Ok);
            (batch.BaseOffset, batch.LastOffset, bytes.Length).ShouldBe((expected.Base, expected.Last, batch.SizeInBytes));
            bytes[BatchInfo.HeaderSize..].ShouldBe(expected.Records);
        }

        private void Compare()
        {
            log.ReadAll(700).Select(b => (b.BaseOffset, b.LastOffset, b.PartitionLeaderEpoch))
                .ShouldBe(history.Where(e => e.Last >= start).Select(e => (e.Base, e.Last, e.Epoch)));
            PartitionLog now = log.Log;
            now.LogStartOffset.ShouldBe(start);
            now.LogStartOffset.ShouldBeLessThanOrEqualTo(now.LastStableOffset);
            now.LastStableOffset.ShouldBeLessThanOrEqualTo(now.HighWatermark);
            now.HighWatermark.ShouldBeLessThanOrEqualTo(now.LogEndOffset);
            // A start that was raised and not checkpointed comes down again in a crash; the epochs below it stay forgotten, as with Kafka.
            long known = now.Epochs.Entries is [var first, ..] ? first.StartOffset : 0;
            foreach (Entry entry in history.Where(e => e.Last >= start && Math.Max(e.Base, start) >= known))
                now.Epochs.EpochOf(Math.Max(entry.Base, start)).ShouldBe(entry.Epoch);
            now.Epochs.Entries.Zip(now.Epochs.Entries.Skip(1)).ShouldAllBe(p => p.First.Epoch < p.Second.Epoch);
        }
    }
}
