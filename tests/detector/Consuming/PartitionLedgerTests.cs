using CsCheck;
using Game.Detector.Consuming;
using Game.Detector.Sending;

namespace Game.Detector.Tests.Consuming;

public class PartitionLedgerTests
{
    [Fact]
    public void Nothing_is_committed_before_a_start_or_without_progress()
    {
        PartitionLedger ledger = new();
        ledger.TryBeginCommit(out _).ShouldBeFalse();
        ledger.Start(7);
        ledger.TryBeginCommit(out _).ShouldBeFalse();
        ledger.MarkRead(7);
        ledger.TryBeginCommit(out long offset).ShouldBeTrue();
        offset.ShouldBe(8);
        ledger.TryBeginCommit(out _).ShouldBeFalse();
        ledger.ForgetCommit();
        ledger.TryBeginCommit(out offset).ShouldBeTrue();
        offset.ShouldBe(8);
    }

    [Fact]
    public void Commits_wait_for_the_oldest_acknowledgement()
    {
        PartitionLedger ledger = new();
        ledger.Start(0);
        Delivery first = ledger.AddOutput(0), second = ledger.AddOutput(4);
        ledger.MarkRead(0);
        ledger.MarkRead(4);
        second.Complete();
        ledger.TryBeginCommit(out _).ShouldBeFalse();
        first.Complete();
        ledger.TryBeginCommit(out long offset).ShouldBeTrue();
        offset.ShouldBe(5);
        ledger.DropAcknowledged().ShouldBeTrue();
    }

    /// <summary>In any order of reading, sending and acknowledging, the committed offset only grows and never passes an unacknowledged output.</summary>
    [Fact]
    public void Commits_never_pass_an_unacknowledged_output() => Gen.Int[0, 4].Array[0, 200].Sample(steps =>
    {
        PartitionLedger ledger = new();
        List<Delivery> open = new();
        long next = 0, committed = 0;
        ledger.Start(0);
        foreach (int step in steps)
        {
            if (step == 0)
            {
                open.Add(ledger.AddOutput(next));
            }
            if (step <= 1)
            {
                ledger.MarkRead(next++);
            }
            if (step == 2 && open.Count > 0)
            {
                open[^1].Complete();
                open.RemoveAt(open.Count - 1);
            }

            if (step == 3 && ledger.TryBeginCommit(out long offset))
            {
                offset.ShouldBeGreaterThan(committed);
                offset.ShouldBeLessThanOrEqualTo(open.Count == 0 ? next : open.Min(delivery => delivery.Offset));
                committed = offset;
            }
        }
    });
}
