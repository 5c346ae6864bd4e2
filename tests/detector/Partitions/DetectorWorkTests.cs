using System.Diagnostics.Metrics;
using Game.Detector.Alerts;
using Game.Detector.Consuming;
using Game.Detector.Partitions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Game.Detector.Tests.Partitions;

public sealed class DetectorWorkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Meter meter = new("test");
    private readonly ManualResetEventSlim begun = new();

    [Fact]
    public void The_end_waits_for_a_rebuild_that_was_cancelled()
    {
        bool ended = false;
        DetectorWork work = Work((_, cancel) =>
        {
            begun.Set();
            cancel.WaitHandle.WaitOne(Patience);
            ended = true;
            return null;
        });
        work.Assign(0, new PartitionLedger());
        begun.Wait(Patience).ShouldBeTrue();
        work.Dispose();
        ended.ShouldBeTrue();
    }

    [Fact]
    public void The_end_waits_for_the_rebuild_of_a_partition_that_was_lost_too()
    {
        using var cancelled = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        bool ended = false;
        DetectorWork work = Work((_, cancel) =>
        {
            begun.Set();
            cancel.WaitHandle.WaitOne(Patience);
            cancelled.Set();
            goOn.Wait(Patience);
            ended = true;
            return null;
        });
        work.Assign(0, new PartitionLedger());
        begun.Wait(Patience).ShouldBeTrue();
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
            begun.Set();
            return null;
        });
        var ledger = new PartitionLedger();
        ledger.Start(0);
        alerts = [ledger.Expect(0), ledger.Expect(1)];
        work.Assign(0, ledger);
        begun.Wait(Patience).ShouldBeTrue();
        begun.Reset();
        work.Release(0);
        work.Assign(0, new PartitionLedger());
        work.Release(0);
        work.Assign(0, new PartitionLedger());
        alerts[0].Complete();
        begun.IsSet.ShouldBeFalse();
        alerts[1].Complete();
        begun.Wait(Patience).ShouldBeTrue();
        landed.ShouldBeTrue();
        work.Dispose();
    }

    public void Dispose()
    {
        meter.Dispose();
        begun.Dispose();
    }

    private DetectorWork Work(Func<PartitionStatus, CancellationToken, RebuiltPartition?> rebuild)
        => new(rebuild, [new PartitionStatus(0)], new AlertSender(null!, TimeProvider.System, NullLogger.Instance), new DecisionTimes(meter), TimeProvider.System, NullLogger.Instance);
}
