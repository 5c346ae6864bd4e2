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
    public void Dispose_waits_for_a_cancelled_rebuild()
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
    public void Dispose_also_waits_for_the_rebuild_of_a_released_partition()
    {
        using ManualResetEventSlim cancelled = new();
        using ManualResetEventSlim mayEnd = new();
        bool ended = false;
        DetectorWork work = Work((_, _, cancel) =>
        {
            _begun.Set();
            cancel.WaitHandle.WaitOne(Patience);
            cancelled.Set();
            mayEnd.Wait(Patience);
            ended = true;
            return null;
        });
        work.Assign(0, new PartitionLedger());
        _begun.Wait(Patience).ShouldBeTrue();
        work.Release(0);
        cancelled.Wait(Patience).ShouldBeTrue();
        mayEnd.Set();
        work.Dispose();
        ended.ShouldBeTrue();
    }

    /// <summary>
    /// The partition is released with two unacknowledged alerts, assigned, released and assigned again: its rebuild begins when both are acknowledged.
    /// </summary>
    [Fact]
    public void A_partition_that_is_assigned_again_is_rebuilt_after_its_earlier_alerts_are_acknowledged()
    {
        Delivery[] alerts = [];
        bool allAcknowledged = false;
        DetectorWork work = Work((_, _, _) =>
        {
            allAcknowledged = alerts.All(alert => alert.IsDone);
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
        allAcknowledged.ShouldBeTrue();
        work.Dispose();
    }

    /// <summary>
    /// The first rebuild hangs in a call to a broker and notices its cancellation late. Its successor begins when it has ended, and has its own progress.
    /// </summary>
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
    public void A_rebuild_that_throws_ends_the_process_with_one_sentence()
    {
        DetectorWork work = Work((_, _, _) => throw new InvalidCastException("two and two are five"));
        work.Assign(0, new PartitionLedger());
        IConsumer<byte[]?, byte[]?> consumer = Substitute.For<IConsumer<byte[]?, byte[]?>>();
        InvalidOperationException failure = Until(() => Record.Exception(() => work.BetweenRecords(consumer))).ShouldBeOfType<InvalidOperationException>();
        failure.Message.ShouldBe("the rebuild of partition 0 ended with InvalidCastException: two and two are five");
        work.Dispose();
    }

    /// <summary>A cancelled rebuild that returns a state after the release does not make the partition live.</summary>
    [Fact]
    public void A_state_returned_after_the_release_is_dropped()
    {
        using ManualResetEventSlim mayEnd = new();
        PartitionStatus status = new(0);
        DetectorWork work = Work((_, _, _) =>
        {
            _begun.Set();
            mayEnd.Wait(Patience);
            return new RebuiltPartition(new PartitionEngine(0, new RuleSet()), 7, 9, new RaisedAlerts());
        }, status);
        work.Assign(0, new PartitionLedger());
        _begun.Wait(Patience).ShouldBeTrue();
        work.Release(0);
        mayEnd.Set();
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
