using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Files;
using Broker.Storage.Producers;
using CsCheck;

namespace Broker.Storage.Tests.Producers;

public class ProducerStateTests
{
    [Fact]
    public void A_repeated_batch_is_flushed_as_its_original_should_have_been()
    {
        var flushed = new LogScenario(new LogConfig { FlushMessages = 1 });
        flushed.AppendOf(1, 0, 0).FlushNeeded.ShouldBeTrue();
        AppendResult again = flushed.AppendOf(1, 0, 0);
        (again.IsDuplicate, again.FlushNeeded).ShouldBe((true, true), "the original's flush may have failed");
        flushed.Log.Flush(1, flushed.Now);
        flushed.AppendOf(1, 0, 0).FlushNeeded.ShouldBeFalse();
    }

    private readonly LogScenario log = new();

    [Fact]
    public void A_repeated_batch_gets_the_originals_offsets_for_the_last_five()
    {
        for (int i = 0; i < 7; i++)
            log.AppendOf(1, 0, i * 2, 2).BaseOffset.ShouldBe(i * 2);
        for (int i = 2; i < 7; i++)
        {
            AppendResult repeated = log.AppendOf(1, 0, i * 2, 2);
            repeated.ShouldBe(new AppendResult(ErrorCode.None, i * 2, (i * 2) + 1, IsDuplicate: true, LogScenario.StartMs + 1, 0, FlushNeeded: false));
        }
        log.AppendOf(1, 0, 2, 2).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber, "older than the five kept");
        log.Log.LogEndOffset.ShouldBe(14);
    }

    [Fact]
    public void Sequences_follow_each_other_and_wrap()
    {
        log.AppendOf(1, 0, int.MaxValue - 1, 2).Error.ShouldBe(ErrorCode.None, "of an unknown producer any sequence is taken");
        log.AppendOf(1, 0, 1).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        log.AppendOf(1, 0, 0, 3).Error.ShouldBe(ErrorCode.None);
        log.AppendOf(1, 0, 3).Error.ShouldBe(ErrorCode.None);
        log.AppendOf(1, 0, int.MaxValue - 1, 2).IsDuplicate.ShouldBeTrue();
    }

    [Fact]
    public void A_new_epoch_starts_at_zero_and_an_old_one_is_fenced()
    {
        log.AppendOf(1, 3, 0);
        log.AppendOf(1, 4, 1).Error.ShouldBe(ErrorCode.OutOfOrderSequenceNumber);
        log.AppendOf(1, 4, 0).Error.ShouldBe(ErrorCode.None);
        log.AppendOf(1, 3, 1).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        log.Append(LogScenario.Batch(1, log.Now, new BatchOptions { ProducerId = 1, ProducerEpoch = 3, BaseSequence = 9 }), AppendOrigin.Coordinator)
            .Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        log.Append(LogScenario.Batch(1, log.Now, new BatchOptions { ProducerId = 1, ProducerEpoch = 4, BaseSequence = 9 }), AppendOrigin.Coordinator)
            .Error.ShouldBe(ErrorCode.None, "a coordinator's sequences are its own");
    }

    [Fact]
    public void The_last_stable_offset_waits_for_the_transaction_and_for_its_replication()
    {
        log.Append(2);
        log.AppendOf(1, 0, 0, 3, transactional: true);
        log.Append(1).Replicate();
        log.Log.LastStableOffset.ShouldBe(2);
        log.AppendOf(1, 0, 3).Error.ShouldBe(ErrorCode.InvalidTxnState, "the transaction is open");
        log.Mark(1, 0, ControlRecordType.Abort, 5).BaseOffset.ShouldBe(6);
        log.Log.LastStableOffset.ShouldBe(2, "the marker is not replicated");
        log.Replicate();
        log.Log.LastStableOffset.ShouldBe(7);
        log.Log.AbortedTransactions(0, 100).ShouldBe([new AbortedTransaction(1, 2, 6, 7)]);
        log.Log.AbortedTransactions(3, 4).Count.ShouldBe(1);
        log.Log.AbortedTransactions(7, 100).ShouldBeEmpty();
        log.Log.AbortedTransactions(0, 2).ShouldBeEmpty();
        log.AppendOf(1, 0, 3, transactional: true).Error.ShouldBe(ErrorCode.None, "sequences go on over a marker");
    }

    [Fact]
    public void An_aborted_transaction_notes_the_stable_offset_that_others_still_hold_down()
    {
        log.AppendOf(1, 0, 0, 1, transactional: true);
        log.AppendOf(2, 0, 0, 1, transactional: true);
        log.Mark(2, 0, ControlRecordType.Abort);
        log.Mark(1, 0, ControlRecordType.Commit);
        log.Replicate();
        log.Log.AbortedTransactions(0, 100).ShouldBe([new AbortedTransaction(2, 1, 2, 0)]);
        log.Log.LastStableOffset.ShouldBe(4);
    }

    [Fact]
    public void Markers_of_old_epochs_and_old_coordinators_are_refused()
    {
        log.Mark(1, 4, ControlRecordType.Commit, 9).Error.ShouldBe(ErrorCode.None, "without a transaction it sets the epochs");
        log.Mark(1, 3, ControlRecordType.Commit, 9).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        log.Mark(1, 4, ControlRecordType.Commit, 8).Error.ShouldBe(ErrorCode.TransactionCoordinatorFenced);
        log.AppendOf(1, 4, 0).Error.ShouldBe(ErrorCode.None);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Producers_and_transactions_survive_the_brokers_end(bool clean)
    {
        log.AppendOf(1, 2, 0, 2);
        log.AppendOf(2, 0, 0, 2, transactional: true);
        log.Log.Roll(log.Now);
        log.AppendOf(3, 0, 0);
        log.AppendOf(1, 2, 2, 2);
        log.Replicate();
        _ = clean ? log.RestartCleanly() : log.KillAndRecover();
        log.Replicate();
        log.Log.LastStableOffset.ShouldBe(2);
        log.AppendOf(1, 2, 2, 2).IsDuplicate.ShouldBeTrue();
        log.AppendOf(3, 0, 1).Error.ShouldBe(ErrorCode.None);
        log.AppendOf(1, 1, 0).Error.ShouldBe(ErrorCode.InvalidProducerEpoch);
        log.Mark(2, 0, ControlRecordType.Abort).Error.ShouldBe(ErrorCode.None);
        _ = clean ? log.RestartCleanly() : log.KillAndRecover();
        log.Replicate();
        log.Log.LastStableOffset.ShouldBe(log.Log.LogEndOffset);
        log.Log.AbortedTransactions(0, 100).Select(a => (a.ProducerId, a.FirstOffset)).ShouldBe([(2L, 2L)]);
    }

    [Fact]
    public void Idle_producers_expire_but_not_within_a_transaction()
    {
        log.AppendOf(1, 0, 0);
        log.AppendOf(2, 0, 0, 1, transactional: true);
        log.Advance(log.Config.ProducerIdExpirationMs - 1);
        log.Log.ExpireProducers(log.Now).ShouldBe(0);
        log.Advance(1);
        log.Log.ExpireProducers(log.Now).ShouldBe(1);
        log.Log.ProducerCount.ShouldBe(1);
        log.AppendOf(1, 0, 17).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Beyond_the_limit_the_ones_longest_silent_are_forgotten()
    {
        var states = new ProducerStates();
        for (int i = 0; i <= ProducerStates.MostProducers; i++)
            states.Append(new BatchInfo { ProducerId = i, ProducerEpoch = 0, BaseSequence = 0, MaxTimestamp = i, BaseOffset = i, Attributes = (short)(i == 0 ? 0x10 : 0) });
        states.Count.ShouldBe((ProducerStates.MostProducers / 10 * 9) + 1);
        states.Find(0).ShouldNotBeNull("it is in a transaction");
        states.Find(1).ShouldBeNull();
        states.Find(ProducerStates.MostProducers).ShouldNotBeNull();
    }

    [Fact]
    public void A_snapshot_is_read_as_it_was_written()
    {
        log.AppendOf(7, 2, 0, 3, transactional: true);
        log.Log.TakeProducerSnapshot();
        List<ProducerEntry> entries = ProducerSnapshot.Read(log.Disk, log.FileOf(3, ".snapshot"))!;
        ProducerEntry only = entries.ShouldHaveSingleItem();
        (only.ProducerId, only.Epoch, only.CoordinatorEpoch, only.TransactionStart, only.LastTimestampMs).ShouldBe((7L, (short)2, -1, 0L, LogScenario.StartMs + 2));
        only.Newest.ShouldBe(new ProducerBatch(2, 2, 2, LogScenario.StartMs + 2));
    }

    [Fact]
    public void A_damaged_snapshot_is_named_and_an_older_one_with_replay_takes_its_place()
    {
        log.AppendOf(1, 0, 0);
        log.Log.Roll(log.Now);
        log.AppendOf(1, 0, 1);
        log.RestartCleanly();
        Flip(log, log.FileOf(2, ".snapshot"), 20);
        Should.Throw<CorruptFileException>(() => ProducerSnapshot.Read(log.Disk, log.FileOf(2, ".snapshot")));
        log.RestartWithoutClosing();
        log.AppendOf(1, 0, 1).IsDuplicate.ShouldBeTrue();
        log.AppendOf(1, 0, 2).Error.ShouldBe(ErrorCode.None);
    }

    [Fact]
    public void Any_bytes_are_a_snapshot_or_the_named_error()
    {
        log.AppendOf(1, 0, 0);
        log.Log.TakeProducerSnapshot();
        byte[] good = WholeFiles.Read(log.Disk, log.FileOf(1, ".snapshot"))!;
        Gen.Int[0, good.Length - 1].Select(Gen.Byte, Gen.Int[0, good.Length]).Sample((at, value, length) =>
        {
            byte[] bytes = (byte[])good.Clone();
            bytes[at] = value;
            WholeFiles.Replace(log.Disk, "/data/x", bytes.AsSpan(0, length), durable: false);
            try
            {
                ProducerSnapshot.Read(log.Disk, "/data/x").ShouldNotBeNull();
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
