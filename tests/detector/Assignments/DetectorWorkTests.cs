using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Confluent.Kafka;
using Game.Detector.Assignments;
using Game.Detector.Consuming;
using Game.Detector.Partitions;
using Game.Detector.Rules;
using Game.Detector.Sending;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;

namespace Game.Detector.Tests.Assignments;

public sealed class DetectorWorkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Meter _meter = new("test");
    private readonly ManualResetEventSlim _begun = new();

    [Fact]
    public void The_end_waits_for_a_rebuild_that_was_cancelled()
    {
        bool ended = false;
        DetectorWork work = Work((_, _, cancel) =>
        {
            _begun.Set();
            cancel.WaitHandle.WaitOne(Patience);
            ended = true;
            return null;
        });
        work.Assign(0, new PartitionLedger());
        _begun.Wait(Patience).ShouldBeTrue();
        work.Dispose();
        ended.ShouldBeTrue();
    }

    [Fact]
    public void The_end_waits_for_the_rebuild_of_a_partition_that_was_lost_too()
    {
        using ManualResetEventSlim cancelled = new();
        using ManualResetEventSlim goOn = new();
        bool ended = false;
        DetectorWork work = Work((_, _, cancel) =>
        {
            _begun.Set();
            cancel.WaitHandle.WaitOne(Patience);
            cancelled.Set();
            goOn.Wait(Patience);
            ended = true;
            return null;
        });
        work.Assign(0, new PartitionLedger());
        _begun.Wait(Patience).ShouldBeTrue();
        work.Release(0);
        cancelled.Wait(Patience).ShouldBeTrue();
        goOn.Set();
        work.Dispose();
        ended.ShouldBeTrue();
    }

    /// <summary>Lost with two alerts on their way, regained, lost again, regained: what was raised is read when the last of them is acknowledged.</summary>
    [Fact]
    public void A_partition_that_comes_back_is_rebuilt_after_our_own_alerts_have_landed()
    {
        Delivery[] alerts = [];
        bool landed = false;
        DetectorWork work = Work((_, _, _) =>
        {
            landed = alerts.All(alert => alert.IsDone);
            _begun.Set();
            return null;
        });
        PartitionLedger ledger = new();
        ledger.Start(0);
        alerts = [ledger.AddOutput(0), ledger.AddOutput(1)];
        work.Assign(0, ledger);
        _begun.Wait(Patience).ShouldBeTrue();
        _begun.Reset();
        work.Release(0);
        work.Assign(0, new PartitionLedger());
        work.Release(0);
        work.Assign(0, new PartitionLedger());
        alerts[0].Complete();
        _begun.IsSet.ShouldBeFalse();
        alerts[1].Complete();
        _begun.Wait(Patience).ShouldBeTrue();
        landed.ShouldBeTrue();
        work.Dispose();
    }

    /// <summary>The first rebuild hangs in a call to a broker and hears of its cancellation late: its successor begins when it has ended, with a progress of
    /// its own.</summary>
    [Fact]
    public void A_rebuild_begins_when_its_cancelled_predecessor_has_ended()
    {
        using ManualResetEventSlim brokerAnswers = new();
        ConcurrentQueue<string> steps = new();
        List<RebuildProgress> progresses = [];
        PartitionStatus status = new(0);
        DetectorWork work = Work((_, progress, _) =>
        {
            progresses.Add(progress);
            int number = progresses.Count;
            steps.Enqueue($"begin {number}");
            progress.Target = number;
            _begun.Set();
            brokerAnswers.Wait(Patience);
            progress.At = 1_000 * number;
            steps.Enqueue($"end {number}");
            return null;
        }, status);
        work.Assign(0, new PartitionLedger());
        _begun.Wait(Patience).ShouldBeTrue();
        work.Release(0);
        work.Assign(0, new PartitionLedger());
        work.Release(0);
        work.Assign(0, new PartitionLedger());
        progresses.Count.ShouldBe(1);
        status.Rebuild.ShouldNotBeSameAs(progresses[0]);
        brokerAnswers.Set();
        work.Dispose();
        steps.Take(2).ShouldBe(["begin 1", "end 1"]);
        status.Rebuild.At.ShouldNotBe(1_000);
    }

    [Fact]
    public void A_rebuild_that_dies_ends_the_process_with_a_sentence()
    {
        DetectorWork work = Work((_, _, _) => throw new InvalidCastException("two and two are five"));
        work.Assign(0, new PartitionLedger());
        IConsumer<byte[]?, byte[]?> consumer = Substitute.For<IConsumer<byte[]?, byte[]?>>();
        InvalidOperationException failure = Until(() => Record.Exception(() => work.BetweenRecords(consumer))).ShouldBeOfType<InvalidOperationException>();
        failure.Message.ShouldBe("the rebuild of partition 0 ended with InvalidCastException: two and two are five");
        work.Dispose();
    }

    /// <summary>What a cancelled rebuild gives too late goes live nowhere.</summary>
    [Fact]
    public void A_state_that_comes_after_the_release_does_not_go_live()
    {
        using ManualResetEventSlim goOn = new();
        PartitionStatus status = new(0);
        DetectorWork work = Work((_, _, _) =>
        {
            _begun.Set();
            goOn.Wait(Patience);
            return new RebuiltPartition(new PartitionEngine(0, new RuleSet()), 7, 9, new RaisedAlerts());
        }, status);
        work.Assign(0, new PartitionLedger());
        _begun.Wait(Patience).ShouldBeTrue();
        work.Release(0);
        goOn.Set();
        work.Dispose(); // joins the rebuild
        IConsumer<byte[]?, byte[]?> consumer = Substitute.For<IConsumer<byte[]?, byte[]?>>();
        work.BetweenRecords(consumer);
        status.Phase.ShouldBe(PartitionPhase.NotAssigned);
        consumer.DidNotReceiveWithAnyArgs().Seek(default!);
    }

    public void Dispose()
    {
        _meter.Dispose();
        _begun.Dispose();
    }

    private DetectorWork Work(Func<int, RebuildProgress, CancellationToken, RebuiltPartition?> rebuild, PartitionStatus? status = null)
        => new(rebuild, [status ?? new PartitionStatus(0)], new AlertSender(null!, TimeProvider.System, NullLogger.Instance), new DecisionTimes(_meter),
            TimeProvider.System, NullLogger.Instance);

    private static Exception Until(Func<Exception?> thrown)
    {
        Exception? exception = null;
        SpinWait.SpinUntil(() => (exception = thrown()) is not null, Patience).ShouldBeTrue();
        return exception!;
    }
}
