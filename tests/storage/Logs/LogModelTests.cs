using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Logs;
using CsCheck;

namespace Broker.Storage.Tests.Logs;

/// <summary>The log against a plain list of batches, under any order of appends, rolls, flushes, truncations, retention, clean ends, kills, torn writes and
/// power cuts.</summary>
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
                Model model = new();
                foreach ((Step step, int choice) in steps)
                {
                    model.Do(step, choice);
                }
            },
            iter: 400,
            print: steps => string.Join(", ", steps));

    private sealed record Entry(long Base, long Last, int Epoch, byte[] Records);

    private sealed class Model
    {
        private readonly LogScenario _log = new(new LogConfig { SegmentBytes = 900, IndexIntervalBytes = 150, RetentionBytes = 2_000, FileDeleteDelayMs = 10 });
        private List<Entry> _history = [];
        private long _start;
        private long _flushedEnd;
        private bool _unflushedCut;
        private int _sequence;

        private long End => _log.Log.LogEndOffset;

        public void Do(Step step, int choice)
        {
            switch (step)
            {
                case Step.Append: Append(1 + (choice % 4), choice / 4 % 120); break;
                case Step.AppendWithGap: AppendWithGap(1 + (choice % 7)); break;
                case Step.Roll: _log.Log.Roll(_log.Now); break;
                case Step.Flush: Flush(); break;
                case Step.Truncate: Truncate(choice); break;
                case Step.Retain: Retain(); break;
                case Step.RaiseStart: RaiseStart(choice); break;
                case Step.CleanRestart: _log.RestartCleanly(); _flushedEnd = End; _unflushedCut = false; break;
                case Step.Kill: _log.KillAndRecover(); AcceptEarlierStart(); break;
                case Step.Tear: Tear(1 + (choice % 200)); break;
                case Step.PowerCut: PowerCut(choice); break;
                case Step.NewEpoch: _log.LeaderEpoch++; break;
                case Step.Checkpoint: Checkpoint(); break;
                case Step.ReadSomewhere: ReadFrom(_start + (choice % Math.Max(1, End - _start))); break;
                case Step.StartAnew: StartAnew(End + (choice % 5)); break;
            }
            Compare();
        }

        private void Append(int records, int valueSize)
        {
            _log.Advance(5);
            byte[] batch = LogScenario.Batch(records, _log.Now, new BatchOptions { ProducerId = 9, ProducerEpoch = 0, BaseSequence = _sequence }, valueSize);
            AppendResult result = _log.Append(batch);
            result.Error.ShouldBe(ErrorCode.None);
            _history.Add(new Entry(result.BaseOffset, result.LastOffset, _log.LeaderEpoch, batch[BatchInfo.HeaderSize..]));
            _sequence += records;
            _log.Append(LogScenario.Batch(records, _log.Now, new BatchOptions { ProducerId = 9, ProducerEpoch = 0, BaseSequence = _sequence - records },
                valueSize)).IsDuplicate.ShouldBeTrue();
        }

        private void AppendWithGap(int gap)
        {
            byte[] batch = LogScenario.Batch(2, _log.Now, new BatchOptions { BaseOffset = End + gap, PartitionLeaderEpoch = _log.LeaderEpoch });
            AppendResult result = _log.Log.AppendAsFollower(batch, int.MaxValue, _log.Now);
            result.Error.ShouldBe(ErrorCode.None);
            _history.Add(new Entry(result.BaseOffset, result.LastOffset, _log.LeaderEpoch, batch[BatchInfo.HeaderSize..]));
        }

        private void Flush()
        {
            _log.Log.Flush(End, _log.Now);
            _log.Log.RecoveryPoint.ShouldBe(End);
            _unflushedCut = false;
            _flushedEnd = End;
        }

        private void Truncate(int choice)
        {
            if (_history.Count == 0)
            {
                return;
            }
            long offset = _start + (choice % (End - _start + 2));
            _log.Log.TruncateTo(offset, _log.Now);
            if (_history.RemoveAll(e => e.Last >= offset) > 0)
            {
                _unflushedCut = true;
                _log.LeaderEpoch++;
            }
            // A start within a batch that goes whole goes with it.
            _start = Math.Min(_start, End);
            _flushedEnd = Math.Min(_flushedEnd, End);
            _sequence = NextSequence();
        }

        private void Retain()
        {
            _log.Replicate();
            _log.Log.DeleteOldSegments(_log.Now);
            _start = _log.Log.LogStartOffset;
            _log.Advance(11);
            _log.Directory.RunDelayedDeletes();
        }

        private void RaiseStart(int choice)
        {
            _log.Replicate();
            long to = _start + (choice % Math.Max(1, End - _start));
            _log.Log.IncrementLogStartOffset(to).ShouldBe(ErrorCode.None);
            _start = Math.Max(_start, to);
        }

        private void Tear(int bytes)
        {
            long torn = _log.Log.SizeInBytes;
            if (_log.Log.State.View.EndPosition < bytes)
            {
                return;
            }
            long flushedBefore = _flushedEnd;
            _log.TearLastWrite(bytes);
            _log.Directories.Abandon();
            _log.Disk.DeleteFile("/data/recovery-point-offset-checkpoint");
            _log.KillAndRecover();
            AcceptSurvivors(0);
            _flushedEnd = Math.Min(flushedBefore, End);
            torn.ShouldBeGreaterThanOrEqualTo(_log.Log.SizeInBytes);
        }

        private void PowerCut(int seed)
        {
            // Until the disk has heard of a cut, what was cut may come back.
            if (_unflushedCut)
            {
                _log.KillAndRecover();
                AcceptEarlierStart();
                return;
            }
            _log.CutPowerAndRecover(seed);
            AcceptSurvivors(_flushedEnd);
        }

        private void Checkpoint()
        {
            _log.Directory.CheckpointRecoveryPoints();
            _log.Directory.CheckpointLogStartOffsets();
            _log.Directory.CheckpointHighWatermarks();
            _log.Directory.FlushDue();
        }

        private void StartAnew(long offset)
        {
            _log.Log.TruncateFullyAndStartAt(offset, _log.Now);
            _history = [];
            _start = offset;
            _sequence = 0;
            // The folder's changes reach the disk with the next flush.
            _log.RestartCleanly();
            _flushedEnd = offset;
            _unflushedCut = false;
        }

        /// <summary>The start is checkpointed now and then: after a crash it may lie where a segment begins.</summary>
        private void AcceptEarlierStart()
        {
            _log.Log.LogStartOffset.ShouldBeLessThanOrEqualTo(_start);
            _start = _log.Log.LogStartOffset;
            _flushedEnd = Math.Min(_flushedEnd, End);
        }

        /// <summary>What was flushed is there; of the rest a crash may have taken any, and a segment that stays is not deleted for a gap before it.</summary>
        private void AcceptSurvivors(long flushed)
        {
            AcceptEarlierStart();
            HashSet<long> left = [.. _log.ReadAll().Select(batch => batch.BaseOffset)];
            _history.Where(e => e.Last >= _start && e.Last < flushed && !left.Contains(e.Base)).ShouldBeEmpty("what was flushed stays");
            _history.RemoveAll(e => e.Last >= _start && !left.Contains(e.Base));
            _sequence = NextSequence();
        }

        private int NextSequence()
            => _log.Log.State.Producers.Find(9) is { BatchCount: > 0 } known ? known.LastSequence + 1 : 0;

        private void ReadFrom(long offset)
        {
            Entry? expected = _history.Find(e => e.Last >= offset);
            ReadResult read = _log.Log.Read(offset, 1, End, wholeFirstBatch: true);
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
            _log.ReadAll(700).Select(b => (b.BaseOffset, b.LastOffset, b.PartitionLeaderEpoch))
                .ShouldBe(_history.Where(e => e.Last >= _start).Select(e => (e.Base, e.Last, e.Epoch)));
            PartitionLog now = _log.Log;
            now.LogStartOffset.ShouldBe(_start);
            now.LogStartOffset.ShouldBeLessThanOrEqualTo(now.LastStableOffset);
            now.LastStableOffset.ShouldBeLessThanOrEqualTo(now.HighWatermark);
            now.HighWatermark.ShouldBeLessThanOrEqualTo(now.LogEndOffset);
            // A start that was raised and not checkpointed comes down again in a crash; the epochs below it stay forgotten, as with Kafka.
            long known = now.Epochs.Entries is [var first, ..] ? first.StartOffset : 0;
            foreach (Entry entry in _history.Where(e => e.Last >= _start && Math.Max(e.Base, _start) >= known))
            {
                now.Epochs.EpochOf(Math.Max(entry.Base, _start)).ShouldBe(entry.Epoch);
            }
            now.Epochs.Entries.Zip(now.Epochs.Entries.Skip(1)).ShouldAllBe(p => p.First.Epoch < p.Second.Epoch);
        }
    }
}
