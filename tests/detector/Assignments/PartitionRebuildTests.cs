using System.Text;
using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Assignments;
using Game.Detector.Measuring;
using Game.Detector.Rules;
using Microsoft.Extensions.Logging.Abstractions;

namespace Game.Detector.Tests.Assignments;

public sealed class PartitionRebuildTests
{
    private static readonly HonestLoad Load = new(players: 5, seed: 1);

    [Fact]
    public void Everything_before_the_committed_offset_is_judged()
    {
        RebuildProgress progress = new();
        RebuiltPartition rebuilt = Rebuild(progress, () => new LogDouble(Events(), [], committed: 5).Consumer).ShouldNotBeNull();
        (rebuilt.Offset, rebuilt.End, rebuilt.Engine.Players).ShouldBe((5, Load.Count, 5));
        (progress.From, progress.At, progress.Target).ShouldBe((0, 5, 5));
    }

    /// <summary>The broker answers a cancelled rebuild late: what it writes last is its own, and the successor's state is whole.</summary>
    [Fact]
    public void A_rebuild_that_ends_late_leaves_its_successor_whole()
    {
        using CancellationTokenSource released = new();
        RebuildProgress oldProgress = new(), progress = new();
        Action? answerLate = null;
        LogDouble old = new(Events(), [], committed: Load.Count) { OnConsume = _ => released.Cancel() };
        Rebuild(oldProgress, () => old.Consumer, released.Token).ShouldBeNull();
        LogDouble successor = new(Events(), [], committed: Load.Count)
        {
            OnConsume = number => (number == 1 ? answerLate = () => oldProgress.At = oldProgress.Target : answerLate)!(),
        };
        RebuiltPartition rebuilt = Rebuild(progress, () => successor.Consumer).ShouldNotBeNull();
        (rebuilt.Offset, rebuilt.Engine.Players, progress.At).ShouldBe((Load.Count, 5, Load.Count));
        successor.Consumed.ShouldBe(Load.Count);
    }

    /// <summary>An attempt that dies half-way leaves nothing behind: the next one begins at the start.</summary>
    [Fact]
    public void A_broker_that_dies_half_way_costs_an_attempt()
    {
        int attempts = 0;
        RebuildProgress progress = new();
        RebuiltPartition rebuilt = Rebuild(progress, () => new LogDouble(Events(), [], committed: 100)
        {
            OnConsume = attempts++ == 0 ? number => FailAt(number, 50) : null,
        }.Consumer).ShouldNotBeNull();
        attempts.ShouldBe(2);
        (rebuilt.Offset, progress.At).ShouldBe((100, 100));

        static void FailAt(int number, int fatal)
        {
            if (number == fatal)
            {
                throw new ConsumeException(new ConsumeResult<byte[], byte[]>(), new Error(ErrorCode.Local_Transport));
            }
        }
    }

    /// <summary>A group without commits begins at the start: of the alerts that were raised before, those that are left say how far an earlier owner had
    /// come.</summary>
    [Fact]
    public void A_new_group_over_expired_alerts_raises_none_of_them_again()
    {
        byte[][] alerts = [Alert(40), Alert(60)];
        RaisedAlerts raised = Rebuild(new(), () => new LogDouble(Events(), alerts, committed: null) { FirstAlert = 17 }.Consumer).ShouldNotBeNull().Raised;
        raised.JudgedBefore.ShouldBe(40);
        new[] { 0, 39, 40, 41, 60, 61 }.Select(offset => raised.Contains(Decode(Alert(offset)))).ShouldBe([true, true, true, false, true, false]);
    }

    [Fact]
    public void Where_no_alert_has_expired_only_those_in_the_topic_count()
    {
        RaisedAlerts raised = Rebuild(new(), () => new LogDouble(Events(), [Alert(40), Alert(60)], committed: null).Consumer).ShouldNotBeNull().Raised;
        raised.JudgedBefore.ShouldBe(0);
        new[] { 0, 39, 40, 60 }.Select(offset => raised.Contains(Decode(Alert(offset)))).ShouldBe([false, false, true, true]);
        LogDouble expired = new(Events(), [Alert(40), Alert(60)], committed: 50) { FirstAlert = 17 };
        RaisedAlerts later = Rebuild(new(), () => expired.Consumer).ShouldNotBeNull().Raised;
        later.JudgedBefore.ShouldBe(0);
        new[] { 40, 55, 60 }.Select(offset => later.Contains(Decode(Alert(offset)))).ShouldBe([false, false, true]);
    }

    private static RebuiltPartition? Rebuild(RebuildProgress progress, Func<IConsumer<byte[]?, byte[]?>> connect, CancellationToken? cancel = null)
        => new PartitionRebuild(connect, 0, progress, new RuleSet(), TimeProvider.System, NullLogger.Instance) { RetryWait = TimeSpan.Zero }
            .Run(cancel ?? TestContext.Current.CancellationToken);

    private static (byte[] Key, byte[] Value)[] Events() => [.. Enumerable.Range(0, Load.Count).Select(i => (Load.Key(i).ToArray(), Load.Value(i).ToArray()))];

    private static byte[] Alert(int sourceOffset) => Encoding.UTF8.GetBytes(
        $$"""{"alert_id":"a{{sourceOffset}}","rule":"ip-change","rule_version":"v","severity":"critical","score":0.9,"user_id":"u","event_id":"01900000-0000-7000-8000-000000000001","ts":1,"detected_at":2,"source_topic":"player-events","source_partition":0,"source_offset":{{sourceOffset}},"reason":"","features":{},"window_events":1,"window_from":0,"window_to":0}""");

    private static Alert Decode(byte[] value)
    {
        ContractJson.TryDecode(value, out Alert alert, out string error).ShouldBeTrue(error);
        return alert;
    }
}
