using Game.Contracts;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Rules;

public class IpChangeTests
{
    private static readonly PlayerStory.Place Paris = new("40.0.1.7", "FR", 64_600, 48.86, 2.35);
    private static readonly PlayerStory.Place OtherProvider = new("50.0.1.7", "DE", 64_501, 52.52, 13.40);
    private static readonly PlayerStory.Place Nearby = new("70.0.1.7", "DE", 64_502, 52.6, 13.5);

    [Fact]
    public void An_unknown_device_in_an_unknown_country_raises_an_alert()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        Alert alert = story.Login(PlayerStory.Berlin, "phone").ShouldBeQuiet()
            .After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner").ShouldAlert("ip-change");
        alert.Severity.ShouldBe(AlertSeverity.Critical);
        alert.Score.ShouldBe(0.90);
        alert.AlertId.ShouldBe($"ip-change/{new RuleSet().IpChangeVersion}/3/{story.NextOffset - 1}");
        alert.Reason.ShouldContain("30.0.1.7");
        alert.Reason.ShouldContain("AU");
        alert.Reason.ShouldContain("device");
        alert.Features["new_country"].ShouldBe(1);
        alert.Features["distance_km"].ShouldBeGreaterThan(10_000);
        alert.WindowEvents.ShouldBe(30);
        alert.WindowTo.ShouldBe(story.Now);
        alert.DetectedAt.ShouldBe(0);
    }

    [Fact]
    public void Guessed_secrets_raise_an_alert_on_a_failed_login()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        for (int guess = 0; guess < 4 && story.AllAlerts.Count == 0; guess++)
        {
            story.After(2_000).Login(PlayerStory.Sydney, "burner", LoginOutcome.BadPassword);
        }
        story.ShouldAlert("ip-change").Reason.ShouldStartWith("Failed login from 30.0.1.7");
    }

    [Fact]
    public void Failed_logins_do_not_make_a_network_familiar()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        for (int guess = 0; guess < 6; guess++)
        {
            story.After(7 * 3_600_000L).Login(PlayerStory.Sydney, "burner", LoginOutcome.Locked);
        }
        story.After(7 * 3_600_000L).Login(PlayerStory.Sydney, "burner").ShouldAlert("ip-change").Features["new_network"].ShouldBe(1);
    }

    [Fact]
    public void Journeys_new_phones_new_lines_and_mistyping_are_quiet()
    {
        using PlayerStory journey = new PlayerStory().SteadyLife();
        journey.Login(Paris, "phone").After(PlayerStory.Day).Login(PlayerStory.Berlin, "phone").ShouldBeQuiet();
        using PlayerStory phone = new PlayerStory().SteadyLife();
        phone.Login(PlayerStory.Berlin, "new-phone").ShouldBeQuiet();
        using PlayerStory line = new PlayerStory().SteadyLife();
        line.Login(OtherProvider, "phone").ShouldBeQuiet();
        using PlayerStory mistyped = new PlayerStory().SteadyLife();
        for (int i = 0; i < 5; i++)
        {
            mistyped.After(5_000).Login(PlayerStory.Berlin, "phone", LoginOutcome.BadPassword);
        }
        mistyped.Login(PlayerStory.Berlin, "phone").ShouldBeQuiet();
    }

    [Fact]
    public void Cheap_trades_do_not_push_the_login_history_out()
    {
        using PlayerStory story = new PlayerStory().SteadyLife(days: 8, tradesADay: 0);
        for (int i = 0; i < 60; i++)
        {
            story.After(1_000).FairTrade(2, "friend-a");
        }
        story.Login(PlayerStory.Berlin, "phone").ShouldBeQuiet();
        story.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner").ShouldAlert("ip-change").Features["logins"].ShouldBeGreaterThan(4);
    }

    [Fact]
    public void A_player_with_few_logins_raises_no_alert()
    {
        using PlayerStory story = new PlayerStory().SteadyLife(days: 3);
        story.Login(PlayerStory.Sydney, "burner").ShouldBeQuiet();
    }

    [Fact]
    public void A_player_who_always_travels_raises_no_alert()
    {
        using PlayerStory story = new();
        for (int day = 0; day < 30; day++)
        {
            PlayerStory.Place abroad = new($"60.{day}.1.7", ((char)('A' + (day % 26))) + "X", (uint)(64_000 + day), day, day * 3);
            story.Login(abroad, "phone").After(PlayerStory.Day);
        }
        story.Login(PlayerStory.Sydney, "new-phone").ShouldBeQuiet();
    }

    /// <summary>Failed logins raise an alert, then a login succeeds: it raises its own alert, because it is the one that matters.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Failed_logins_do_not_quiet_a_successful_login(int failures)
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone");
        for (int i = 0; i < failures; i++)
        {
            story.After(2_000).Login(PlayerStory.Sydney, "burner", LoginOutcome.BadPassword);
        }

        story.AllAlerts.Count.ShouldBeInRange(1, 2, "one alert, and one more when the guessing continues");
        story.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner").ShouldAlert("ip-change").Reason.ShouldStartWith("Login from 30.0.1.7");
    }

    [Fact]
    public void An_alert_on_another_address_range_does_not_quiet_a_successful_login()
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone");
        story.After(PlayerStory.Minute).Login(Nearby, "burner").ShouldAlert("ip-change").Score.ShouldBe(0.60);
        PlayerStory.Place elsewhere = Nearby with { Ip = "71.0.1.7", Asn = 64_503 };
        story.After(PlayerStory.Minute).Login(elsewhere, "burner-2").ShouldAlert("ip-change").Score.ShouldBe(0.60, "no higher than the one before");
    }

    /// <summary>
    /// A botnet guesses from many address ranges: its failed logins raise alerts for four of them. A successful login from one more range raises an alert.
    /// </summary>
    [Fact]
    public void A_flood_of_guesses_is_held_back_but_no_successful_login()
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone");
        for (int i = 0; i < 100; i++)
        {
            story.After(10_000).Login(PlayerStory.Sydney with { Ip = $"80.0.{i}.7" }, "burner", LoginOutcome.BadPassword);
        }

        story.AllAlerts.Count.ShouldBeInRange(4, 6);
        story.After(1_000).Login(PlayerStory.Sydney with { Ip = "80.1.0.7" }, "burner").ShouldAlert("ip-change");
    }

    [Fact]
    public void The_same_address_range_is_quiet_for_a_while_unless_the_score_rises()
    {
        using PlayerStory story = new PlayerStory(new RuleSet { IpChange = new() { NetworkWeight = 0.55 } }).SteadyLife().Login(PlayerStory.Berlin, "phone");
        story.After(PlayerStory.Minute).Login(Nearby, "phone", LoginOutcome.BadPassword).ShouldAlert("ip-change");
        story.After(PlayerStory.Minute).Login(Nearby, "phone", LoginOutcome.BadPassword).Alerts.ShouldBeEmpty();
        story.After(PlayerStory.Minute).Login(Nearby, "burner", LoginOutcome.BadPassword).ShouldAlert("ip-change");
        story.After(6 * 3_600_000L).Login(Nearby, "phone", LoginOutcome.BadPassword).ShouldAlert("ip-change");
    }
}
