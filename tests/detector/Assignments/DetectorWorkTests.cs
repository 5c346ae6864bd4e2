using System.Diagnostics.Metrics;
using Game.Detector.Assignments;
using Game.Detector.Consuming;
using Game.Detector.Sending;
using Microsoft.Extensions.Logging.Abstractions;

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
        DetectorWork work = Work((_, cancel) =>
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
        DetectorWork work = Work((_, cancel) =>
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
        DetectorWork work = Work((_, _) =>
        {
            landed = alerts.All(alert => alert.IsDone);
            _begun.Set();
            return null;
        });
        PartitionLedger ledger = new();
        ledger.Start(0);
        alerts = [ledger.Expect(0), ledger.Expect(1)];
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

    public void Dispose()
    {
        _meter.Dispose();
        _begun.Dispose();
    }

    private DetectorWork Work(Func<PartitionStatus, CancellationToken, RebuiltPartition?> rebuild)
        => new(rebuild, [new PartitionStatus(0)], new AlertSender(null!, TimeProvider.System, NullLogger.Instance), new DecisionTimes(_meter),
        TimeProvider.System, NullLogger.Instance);
}
