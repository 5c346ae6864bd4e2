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

    /// <summary>A broker answers a cancelled rebuild late: that rebuild writes only its own progress, and its successor judges every record.</summary>
    [Fact]
    public void A_rebuild_that_ends_late_does_not_change_its_successor()
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

    /// <summary>A failed attempt has no effect: the next one begins at the start of the log.</summary>
    [Fact]
    public void A_broker_error_half_way_repeats_the_rebuild_from_the_start()
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

    /// <summary>
    /// A group without commits begins at the start of the log. The first alert that is left shows up to which offset an earlier owner had judged.
    /// </summary>
    [Fact]
    public void A_new_group_raises_no_alert_again_that_expired_before_the_first_one_left()
    {
        byte[][] alerts = [Alert(40), Alert(60)];
        RaisedAlerts raised = Rebuild(new(), () => new LogDouble(Events(), alerts, committed: null) { FirstAlert = 17 }.Consumer).ShouldNotBeNull().Raised;
        raised.JudgedBefore.ShouldBe(40);
        new[] { 0, 39, 40, 41, 60, 61 }.Select(offset => raised.Contains(Decode(Alert(offset)))).ShouldBe([true, true, true, false, true, false]);
    }

    /// <summary>The limit that detector/README.md names: without an alert that is left, nothing shows what an earlier owner had judged.</summary>
    [Fact]
    public void A_new_group_raises_all_alerts_again_where_every_one_has_expired()
    {
        RaisedAlerts raised = Rebuild(new(), () => new LogDouble(Events(), [], committed: null) { FirstAlert = 17 }.Consumer).ShouldNotBeNull().Raised;
        raised.JudgedBefore.ShouldBe(0);
        new[] { 0, 40 }.Select(offset => raised.Contains(Decode(Alert(offset)))).ShouldBe([false, false]);
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
