using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Logs;
using Broker.Storage.Producers;
using CsCheck;

namespace Broker.Storage.Tests.Producers;

public class ProducerStateTests
{
    [Fact]
    public void A_repeated_batch_is_flushed_as_its_original_should_have_been()
    {
        LogScenario flushed = new(new LogConfig { FlushMessages = 1 });
        flushed.AppendOf(1, 0, 0).FlushNeeded.ShouldBeTrue();
        AppendResult again = flushed.AppendOf(1, 0, 0);
        (again.IsDuplicate, again.FlushNeeded).ShouldBe((true, true), "the original's flush may have failed");
        flushed.Log.Flush(1, flushed.Now);
        flushed.AppendOf(1, 0, 0).FlushNeeded.ShouldBeFalse();
    }

    private readonly LogScenario _log = new();

    [Fact]
    public void A_repeated_batch_gets_the_originals_offsets_for_the_last_five()
    {
        for (int i = 0; i < 7; i++)
        {
            _log.AppendOf(1, 0, i * 2, 2).BaseOffset.ShouldBe(i * 2);
        }
        for (int i = 2; i < 7; i++)
        {
            AppendResult repeated = _log.AppendOf(1, 0, i * 2, 2);
            repeated.ShouldBe(new AppendResult(ErrorCode.None, 0, i * 2, (i * 2) + 1, IsDuplicate: true, LogScenario.StartMs + 1, 0, FlushNeeded: false));
        }
        _log.AppendOf(1, 0, 2, 2).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber, "older than the five kept");
        _log.Log.LogEndOffset.ShouldBe(14);
    }

    [Fact]
    public void Sequences_follow_each_other_and_wrap()
    {
        _log.AppendOf(1, 0, int.MaxValue - 1, 2).Error.ShouldBe(ErrorCode.None, "of an unknown producer any sequence is taken");
        _log.AppendOf(1, 0, 1).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        _log.AppendOf(1, 0, 0, 3).Error.ShouldBe(ErrorCode.None);
        _log.AppendOf(1, 0, 3).Error.ShouldBe(ErrorCode.None);
        _log.AppendOf(1, 0, int.MaxValue - 1, 2).IsDuplicate.ShouldBeTrue();
    }

    [Fact]
    public void A_new_epoch_starts_at_zero_and_an_old_one_is_fenced()
    {
        _log.AppendOf(1, 3, 0);
        _log.AppendOf(1, 4, 1).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        _log.AppendOf(1, 4, 0).Error.ShouldBe(ErrorCode.None);
        _log.AppendOf(1, 3, 1).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        _log.Append(LogScenario.Batch(1, _log.Now, new BatchOptions { ProducerId = 1, ProducerEpoch = 3, BaseSequence = 9 }), AppendOrigin.Coordinator)
            .Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        _log.Append(LogScenario.Batch(1, _log.Now, new BatchOptions { ProducerId = 1, ProducerEpoch = 4, BaseSequence = 9 }), AppendOrigin.Coordinator)
            .Error.ShouldBe(ErrorCode.None, "a coordinator's sequences are its own");
    }

    [Fact]
    public void The_last_stable_offset_waits_for_the_transaction_and_for_its_replication()
    {
        _log.Append(2);
        _log.AppendOf(1, 0, 0, 3, transactional: true);
        _log.Append(1).Replicate();
        _log.Log.LastStableOffset.ShouldBe(2);
        _log.AppendOf(1, 0, 3).Error.ShouldBe(ErrorCode.InvalidTxnState, "the transaction is open");
        _log.Mark(1, 0, ControlRecordType.Abort, 5).BaseOffset.ShouldBe(6);
        _log.Log.LastStableOffset.ShouldBe(2, "the marker is not replicated");
        _log.Replicate();
        _log.Log.LastStableOffset.ShouldBe(7);
        _log.Log.AbortedTransactions(0, 100).ShouldBe([new AbortedTransaction(1, 2, 6, 7)]);
        _log.Log.AbortedTransactions(3, 4).Count.ShouldBe(1);
        _log.Log.AbortedTransactions(7, 100).ShouldBeEmpty();
        _log.Log.AbortedTransactions(0, 2).ShouldBeEmpty();
        _log.AppendOf(1, 0, 3, transactional: true).Error.ShouldBe(ErrorCode.None, "sequences go on over a marker");
    }

    [Fact]
    public void An_aborted_transaction_notes_the_stable_offset_that_others_still_hold_down()
    {
        _log.AppendOf(1, 0, 0, 1, transactional: true);
        _log.AppendOf(2, 0, 0, 1, transactional: true);
        _log.Mark(2, 0, ControlRecordType.Abort);
        _log.Mark(1, 0, ControlRecordType.Commit);
        _log.Replicate();
        _log.Log.AbortedTransactions(0, 100).ShouldBe([new AbortedTransaction(2, 1, 2, 0)]);
        _log.Log.LastStableOffset.ShouldBe(4);
    }

    [Fact]
    public void Markers_of_old_epochs_and_old_coordinators_are_refused()
    {
        _log.Mark(1, 4, ControlRecordType.Commit, 9).Error.ShouldBe(ErrorCode.None, "without a transaction it sets the epochs");
        _log.Mark(1, 3, ControlRecordType.Commit, 9).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        _log.Mark(1, 4, ControlRecordType.Commit, 8).Error.ShouldBe(ErrorCode.TransactionCoordinatorFenced);
        _log.AppendOf(1, 4, 0).Error.ShouldBe(ErrorCode.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Producers_and_transactions_survive_the_brokers_end(bool clean)
    {
        _log.AppendOf(1, 2, 0, 2);
        _log.AppendOf(2, 0, 0, 2, transactional: true);
        _log.Log.Roll(_log.Now);
        _log.AppendOf(3, 0, 0);
        _log.AppendOf(1, 2, 2, 2);
        _log.Replicate();
        _ = clean ? _log.RestartCleanly() : _log.KillAndRecover();
        _log.Replicate();
        _log.Log.LastStableOffset.ShouldBe(2);
        _log.AppendOf(1, 2, 2, 2).IsDuplicate.ShouldBeTrue();
        _log.AppendOf(3, 0, 1).Error.ShouldBe(ErrorCode.None);
        _log.AppendOf(1, 1, 0).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        _log.Mark(2, 0, ControlRecordType.Abort).Error.ShouldBe(ErrorCode.None);
        _ = clean ? _log.RestartCleanly() : _log.KillAndRecover();
        _log.Replicate();
        _log.Log.LastStableOffset.ShouldBe(_log.Log.LogEndOffset);
        _log.Log.AbortedTransactions(0, 100).Select(a => (a.ProducerId, a.FirstOffset)).ShouldBe([(2L, 2L)]);
    }

    [Fact]
    public void Idle_producers_expire_but_not_within_a_transaction()
    {
        _log.AppendOf(1, 0, 0);
        _log.AppendOf(2, 0, 0, 1, transactional: true);
        _log.Advance(_log.Config.ProducerIdExpirationMs - 1);
        _log.Log.ExpireProducers(_log.Now).ShouldBe(0);
        _log.Advance(1);
        _log.Log.ExpireProducers(_log.Now).ShouldBe(1);
        _log.Log.ProducerCount.ShouldBe(1);
        _log.AppendOf(1, 0, 17).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Beyond_the_limit_the_ones_longest_silent_are_forgotten()
    {
        ProducerStates states = new();
        for (int i = 0; i <= ProducerStates.MostProducers; i++)
        {
            states.Append(new BatchInfo
            {
                ProducerId = i, ProducerEpoch = 0, BaseSequence = 0, MaxTimestamp = i, BaseOffset = i, Attributes = (short)(i == 0 ? 0x10 : 0),
            });
        }
        states.Count.ShouldBe((ProducerStates.MostProducers / 10 * 9) + 1);
        states.Find(0).ShouldNotBeNull("it is in a transaction");
        states.Find(1).ShouldBeNull();
        states.Find(ProducerStates.MostProducers).ShouldNotBeNull();
    }

    [Fact]
    public void A_snapshot_is_read_as_it_was_written()
    {
        _log.AppendOf(7, 2, 0, 3, transactional: true);
        _log.Log.TakeProducerSnapshot();
        List<ProducerEntry> entries = ProducerSnapshot.Read(_log.Disk, _log.FileOf(3, ".snapshot"))!;
        ProducerEntry only = entries.ShouldHaveSingleItem();
        (only.ProducerId, only.Epoch, only.CoordinatorEpoch, only.TransactionStart,
            only.LastTimestampMs).ShouldBe((7L, (short)2, -1, 0L, LogScenario.StartMs + 2));
        only.Newest.ShouldBe(new ProducerBatch(2, 2, 2, LogScenario.StartMs + 2));
    }

    [Fact]
    public void A_damaged_snapshot_is_named_and_an_older_one_with_replay_takes_its_place()
    {
        _log.AppendOf(1, 0, 0);
        _log.Log.Roll(_log.Now);
        _log.AppendOf(1, 0, 1);
        _log.RestartCleanly();
        Flip(_log, _log.FileOf(2, ".snapshot"), 20);
        Should.Throw<CorruptFileException>(() => ProducerSnapshot.Read(_log.Disk, _log.FileOf(2, ".snapshot")));
        _log.RestartWithoutClosing();
        _log.AppendOf(1, 0, 1).IsDuplicate.ShouldBeTrue();
        _log.AppendOf(1, 0, 2).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Any_bytes_are_a_snapshot_or_the_named_error()
    {
        _log.AppendOf(1, 0, 0);
        _log.Log.TakeProducerSnapshot();
        byte[] good = WholeFiles.Read(_log.Disk, _log.FileOf(1, ".snapshot"))!;
        Gen.Int[0, good.Length - 1].Select(Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            byte[] bytes = (byte[])good.Clone();
            bytes[at] = value;
            WholeFiles.Replace(_log.Disk, "/data/x", bytes.AsSpan(0, length), durable: false);
            try
            {
                ProducerSnapshot.Read(_log.Disk, "/data/x").ShouldNotBeNull();
            }
            catch (CorruptFileException)
            {
                // The named error.
            }
        }, iter: 1000, threads: 1); // all cases share one file
    }

    private static void Flip(LogScenario log, string path, int at)
    {
        using IOpenFile file = log.Disk.Open(path, FileOpen.Existing);
        byte[] one = new byte[1];
        file.Read(at, one);
        one[0] ^= 0x40;
        file.Write(at, one);
    }
}
