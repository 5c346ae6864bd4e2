using CsCheck;
using Game.Contracts;
using Game.Detector.Partitions;

namespace Game.Detector.Tests.Partitions;

/// <summary>An event whose time lies more than 5 minutes after its record's is judged, but changes nothing of its player.</summary>
public class MisdatedEventTests
{
    private const long Year9999 = ContractLimits.MaxTimestamp;
    private static readonly long[] Timestamps = [-1, 0, 1_791_000_000_000];

    [Fact]
    public void An_event_of_the_year_9999_silences_no_rule()
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone");
        story.Append(story.Newest<LoginEvent>() with { EventId = Guid.NewGuid(), Ts = Year9999 }, story.Now).Verdict.ShouldBe(Verdict.Misdated);
        story.ShouldBeQuiet();
        story.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner").ShouldAlert("ip-change").Severity.ShouldBe(AlertSeverity.Critical);
        story.After(PlayerStory.Minute).GiveGold(12_000, "stranger", PlayerStory.Sydney.Ip).ShouldAlert("wealth-change")
            .Features["login_risk"].ShouldBeGreaterThan(0.8);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_misdated_event_is_judged(long timestamp)
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone");
        LoginEvent takeover = story.Newest<LoginEvent>() with { EventId = Guid.NewGuid(), Ip = "30.0.1.7", Country = "AU", Asn = 64_700, DeviceId = "burner" };
        story.Append(takeover, timestamp).Verdict.ShouldBe(Verdict.Misdated);
        story.ShouldAlert("ip-change").Ts.ShouldBe(takeover.Ts);
        story.Append(takeover with { EventId = Guid.NewGuid(), Ts = Year9999 }, timestamp).Alerts.ShouldBeEmpty("misdated alerts hold back each other");
        story.Append(takeover with { EventId = Guid.NewGuid() }).ShouldAlert("ip-change");
    }

    /// <summary>Misdated events in between change no alert of the other events in any detail but the offset.</summary>
    [Fact]
    public void Other_events_are_judged_as_if_no_misdated_event_came()
        => Gen.Select(Gen.Int[0, 6], Gen.Long[0, Year9999], Gen.Int[0, 2].Select(i => Timestamps[i])).Array[1, 40]
        .Sample(steps =>
        {
            using PlayerStory disturbed = new PlayerStory().SteadyLife(), calm = new PlayerStory().SteadyLife();
            foreach ((int step, long ahead, long timestamp) in steps)
            {
                Live(calm, step);
                Live(disturbed, step);
                long ts = Math.Min(Year9999, Math.Max(disturbed.Now, timestamp) + EventTime.MaxAheadMs + 1 + ahead);
                PlayerEvent copy = disturbed.Newest<PlayerEvent>() with { EventId = Guid.NewGuid(), Ts = ts };
                disturbed.Alerts.Select(Text).ShouldBe(calm.Alerts.Select(Text));
                disturbed.Append(copy, timestamp).Verdict.ShouldBe(Verdict.Misdated);
            }
        }, iter: 100);

    [Fact]
    public void Nothing_is_kept_of_a_player_with_misdated_events_only()
    {
        using PlayerStory story = new();
        story.Login(PlayerStory.Berlin, "phone");
        PlayerStory other = new(user: "u-2");
        other.Append(story.Newest<LoginEvent>() with { UserId = "u-2", Ts = Year9999 }, story.Now).Verdict.ShouldBe(Verdict.Misdated);
        other.Engine.Players.ShouldBe(0);
        other.Dispose();
    }

    /// <summary>A week of events of 1970 that is loaded today counts like any other history, and an old event between new ones ages no baseline.</summary>
    [Fact]
    public void History_of_any_age_counts()
    {
        using PlayerStory old = new();
        for (int day = 0; day < 8; day++)
        {
            old.Login(PlayerStory.Berlin, "phone");
            old.Append(old.Newest<LoginEvent>() with { EventId = Guid.NewGuid(), Ts = day * PlayerStory.Day }, old.Now).Verdict.ShouldBe(Verdict.Judged);
        }

        old.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner").ShouldAlert("ip-change").Features["logins"].ShouldBe(16);
    }

    private static string Text(Alert alert)
        => string.Join(' ', alert.Rule, alert.Score, alert.Ts, alert.Reason, alert.WindowEvents, alert.WindowFrom, alert.WindowTo);

    private static void Live(PlayerStory story, int step)
    {
        story.After(20_000);
        _ = step switch
        {
            0 => story.Login(PlayerStory.Berlin, "phone"),
            1 => story.Login(PlayerStory.Sydney, "burner"),
            2 => story.Login(PlayerStory.Sydney, "burner", LoginOutcome.BadPassword),
            3 => story.GiveGold(9_000, "stranger", PlayerStory.Sydney.Ip),
            4 => story.GiveGold(30_000, "accomplice"),
            5 => story.Trade(60_000, 0, 0, "victim", TradeChannel.Mail),
            _ => story.Trade(-400, 1, 400, "friend-a", TradeChannel.Direct),
        };
        story.Gold = 90_000;
    }
}
