using Confluent.Kafka;
using Game.Contracts;

namespace Integration.Tests.Detector;

/// <summary>The alerts of a whole detector on records that an attacker sends to silence it.</summary>
public sealed class JudgingTests : DetectorBroker
{
    [Fact]
    public async Task A_failed_login_does_not_quiet_a_successful_one_a_minute_later()
    {
        LoginEvent failed = PlayerLife.Stranger("u-1", PlayerLife.LastDay + 60_000, LoginOutcome.BadPassword);
        LoginEvent success = PlayerLife.Stranger("u-1", PlayerLife.LastDay + 120_000);
        Alert[] alerts = await RaisedAsync(2, [.. PlayerLife.AtHome("u-1"), PlayerLife.Record(failed), PlayerLife.Record(success)]);
        alerts.Select(alert => (alert.Rule, alert.EventId)).ShouldBe([("ip-change", failed.EventId), ("ip-change", success.EventId)]);
    }

    [Fact]
    public async Task Other_content_under_a_used_id_is_judged_and_raises_alerts()
    {
        LoginEvent attempt = PlayerLife.Stranger("u-1", PlayerLife.LastDay + 60_000, LoginOutcome.BadPassword);
        LoginEvent hidden = PlayerLife.Stranger("u-1", PlayerLife.LastDay + 120_000) with { EventId = attempt.EventId };
        LoginEvent retried = hidden with { Ts = hidden.Ts + 1, ServerId = "gs-2", SessionId = "s-2" };
        Alert[] alerts = await RaisedAsync(3, [.. PlayerLife.AtHome("u-1"), PlayerLife.Record(attempt), PlayerLife.Record(hidden), PlayerLife.Record(retried)]);
        alerts.Select(alert => (alert.Rule, alert.SourceOffset)).ShouldBe([("ip-change", 10), ("reused-id", 11), ("ip-change", 11)]);
    }

    [Theory]
    [InlineData(ContractLimits.MaxTimestamp)]
    [InlineData(0)]
    public async Task An_event_with_a_time_far_away_does_not_silence_the_rules(long ts)
    {
        Message<byte[], byte[]>[] home = PlayerLife.AtHome("u-1");
        new EventDecoder().Decode(home[0].Value, out EventView view).IsFailure.ShouldBeFalse();
        PlayerEvent odd = view.ToEvent() with { EventId = Guid.CreateVersion7(), Ts = ts };
        LoginEvent stranger = PlayerLife.Stranger("u-1", PlayerLife.LastDay + 60_000);
        Alert[] alerts = await RaisedAsync(1, [.. home, PlayerLife.Record(odd), PlayerLife.Record(stranger)]);
        alerts.ShouldHaveSingleItem().EventId.ShouldBe(stranger.EventId);
    }

    private async Task<Alert[]> RaisedAsync(int count, Message<byte[], byte[]>[] records)
    {
        await CreateAsync(Topics.PlayerEvents);
        await WriteAsync(Topics.PlayerEvents, records);
        await using DetectorHost detector = new(BootstrapServers);
        await detector.ReachesAsync("detector_events_total", records.Length);
        Alert[] alerts = [.. Read(Topics.Alerts, count).Select(record => PlayerLife.Decode(record.Message.Value))];
        (await detector.StopAsync()).ShouldBe(0);
        EndOf(Topics.Alerts).ShouldBe(count);
        return alerts;
    }
}
