using Game.Contracts;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Rules;

public class ReusedIdTests
{
    private static readonly Guid Id = Guid.Parse("01900000-0000-7000-8000-000000000001");

    /// <summary>A retry may go to another server, later, and in a new session: it is still the same action.</summary>
    [Fact]
    public void The_same_id_with_the_same_content_is_counted_once()
    {
        using PlayerStory story = new PlayerStory().SteadyLife().After(PlayerStory.Minute);
        LoginEvent login = story.Login(PlayerStory.Sydney, "burner", id: Id).Newest<LoginEvent>();
        story.ShouldAlert("ip-change");
        story.Append(login with { Ts = login.Ts + (7 * 3_600_000L), ServerId = "gs-2", SessionId = "s-2" }).Verdict.ShouldBe(Verdict.Repeated);
        story.Alerts.ShouldBeEmpty();
        TradeEvent trade = story.FairTrade(400, "friend-a").Newest<TradeEvent>();
        story.Append(trade with { Ts = trade.Ts + 1, ServerId = "gs-2", SessionId = "", Ip = "" }).Verdict.ShouldBe(Verdict.Repeated);
    }

    /// <summary>A theft with the id of a harmless trade, published by another game server.</summary>
    [Fact]
    public void A_theft_under_a_used_id_is_judged_and_the_reuse_is_an_alert_of_its_own()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        TradeEvent harmless = story.FairTrade(400, "friend-a").ShouldBeQuiet().Newest<TradeEvent>();
        story.After(PlayerStory.Minute).Append(harmless with
        {
            Ts = story.Now,
            ServerId = "gs-2",
            CounterpartyId = "stranger",
            GoldDelta = -80_000,
            GoldBalance = 1_000,
            ItemDelta = 0,
        });
        story.Verdict.ShouldBe(Verdict.Judged);
        story.Alerts.Select(alert => alert.Rule).ShouldBe(["reused-id", "wealth-change"]);
        Alert reuse = story.Alerts[0];
        reuse.AlertId.ShouldBe($"reused-id/{new RuleSet().ReusedIdVersion}/3/{story.NextOffset - 1}");
        (reuse.Severity, reuse.Score, reuse.EventId).ShouldBe((AlertSeverity.Warning, 0.60, harmless.EventId));
        reuse.Reason.ShouldContain(harmless.EventId.ToString());
        reuse.Features["events_before"].ShouldBe(1);
        reuse.Features["seconds_before"].ShouldBe(60);
        story.Append(harmless).Verdict.ShouldBe(Verdict.Repeated);
    }

    /// <summary>The thief's client chooses the id: a takeover must not count as a repeat of a failed attempt, nor of a login of the victim.</summary>
    [Fact]
    public void An_attempt_under_a_used_id_is_another_attempt()
    {
        using PlayerStory guessed = new PlayerStory().SteadyLife().After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner", LoginOutcome.BadPassword, Id);
        guessed.After(1_000).Login(PlayerStory.Sydney, "burner", id: Id).Verdict.ShouldBe(Verdict.Judged);
        guessed.Alerts.Select(alert => alert.Rule).ShouldBe(["reused-id", "ip-change"]);
        guessed.GiveGold(12_000, "stranger", PlayerStory.Sydney.Ip).ShouldAlert("wealth-change");
        using PlayerStory moved = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone", id: Id);
        moved.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "phone", id: Id).Verdict.ShouldBe(Verdict.Judged);
        moved.After(PlayerStory.Minute).Login(PlayerStory.Berlin, "burner", id: Id).Verdict.ShouldBe(Verdict.Judged);
        moved.After(PlayerStory.Minute).Login(PlayerStory.Berlin, "phone", id: Id).Verdict.ShouldBe(Verdict.Repeated);
    }

    [Fact]
    public void A_login_and_a_trade_share_no_id()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        TradeEvent trade = story.FairTrade(400, "friend-a").Newest<TradeEvent>();
        story.Login(PlayerStory.Berlin, "phone", id: trade.EventId).ShouldAlert("reused-id").Reason.ShouldContain("by a trade");
    }

    [Fact]
    public void A_flood_under_one_id_and_under_many_is_held_back()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        for (int i = 0; i < 20; i++)
        {
            story.After(1_000).Login(PlayerStory.Berlin with { Ip = $"20.0.1.{i}" }, "phone", id: Id);
        }

        story.AllAlerts.Count.ShouldBe(1);
        for (int i = 0; i < 20; i++)
        {
            TradeEvent trade = story.After(1_000).FairTrade(400, "friend-a").Newest<TradeEvent>();
            story.Append(trade with { GoldBalance = trade.GoldBalance + 1 });
        }

        story.AllAlerts.Count.ShouldBe(4);
    }

    [Fact]
    public void A_score_of_0_switches_the_rule_off()
    {
        using PlayerStory story = new PlayerStory(new RuleSet { ReusedId = new() { Score = 0 } }).SteadyLife();
        story.Login(PlayerStory.Berlin, "phone", id: Id).Login(PlayerStory.Berlin, "tablet", id: Id).ShouldBeQuiet();
    }
}
