using Game.Analysis.Backtest;

namespace Game.Analysis.Tests.Backtest;

/// <summary>What counts as caught, and what as false.</summary>
public sealed class JudgementTests
{
    private const long Minute = 60_000, Day = 24 * 60 * Minute;

    [Theory]
    [InlineData(0, false)] // before the campaign
    [InlineData(1, true)] // its first event
    [InlineData(3, true)]
    [InlineData(13, true)] // the tenth event after its last
    [InlineData(14, false)]
    public void An_alert_catches_a_campaign_from_its_first_event_to_ten_after_its_last(int alertOn, bool isCaught)
    {
        // One event before, three of the campaign, eleven after.
        PlayedLog log = Log([alertOn], [("v", null), ("v", "c"), ("v", "c"), ("v", "c"), .. Enumerable.Repeat(("v", (string?)null), 11)]);
        Judgement judgement = Judge(log, Theft("v"));
        judgement.Campaigns.ShouldHaveSingleItem().IsCaught.ShouldBe(isCaught);
        judgement.FalseAlerts.ShouldBe(0);
    }

    [Fact]
    public void An_alert_on_any_account_of_the_campaign_catches_it()
    {
        PlayedLog log = Log([2], [("v", "c"), ("v", "c"), ("mule", null)]);
        CampaignOutcome outcome = Judge(log, Theft("v", "mule")).Campaigns.ShouldHaveSingleItem();
        (outcome.Minutes, outcome.Events, outcome.LostBefore).ShouldBe((2.0, 2, 1.0));
    }

    [Fact]
    public void Each_account_has_ten_events_after_the_campaign_s_last()
    {
        (string, string?)[] tail = [.. Enumerable.Repeat(("v", (string?)null), 11), .. Enumerable.Repeat(("mule", (string?)null), 10)];
        PlayedLog log = Log([23], [("mule", null), ("v", "c"), ("mule", "c"), .. tail]);
        Judge(log, Theft("v", "mule")).Campaigns.ShouldHaveSingleItem().IsCaught.ShouldBeTrue();
        Judge(log with { Alerts = [new RaisedAlert(13, "rule", 0.9)] }, Theft("v", "mule")).Campaigns.ShouldHaveSingleItem().IsCaught.ShouldBeFalse();
    }

    [Fact]
    public void What_accomplices_pass_on_is_no_loss()
    {
        PlayedLog log = Log([1], [("v", "c"), ("mule", "c"), ("v", "c"), ("v", "c")]);
        Judge(log, Theft("v", "mule")).Campaigns.ShouldHaveSingleItem().LostBefore.ShouldBe(1.0 / 3);
        Judge(log, new TrueCampaign("c", "ring", ["v", "mule"], [])).Campaigns.ShouldHaveSingleItem().LostBefore.ShouldBeNull();
    }

    [Fact]
    public void What_was_lost_before_the_first_alert_counts()
    {
        PlayedLog log = Log([1, 3], [("v", "c"), ("v", "c"), ("v", "c"), ("v", "c")]);
        Judge(log, Theft("v")).Campaigns.ShouldHaveSingleItem().LostBefore.ShouldBe(0.5);
        Judge(log with { Alerts = [] }, Theft("v")).Campaigns.ShouldHaveSingleItem().LostBefore.ShouldBe(1);
    }

    [Fact]
    public void Every_alert_on_an_account_that_no_campaign_names_is_false_repeats_too()
    {
        PlayedLog log = Log([0, 0, 2], [("a", null), ("v", "c"), ("a", null), ("b", null)]);
        Judgement judgement = Judge(log, Theft("v"));
        judgement.FalseAlerts.ShouldBe(3);
        judgement.Kinds["kind of a"].FalseAlerts.ShouldBe([new KeyValuePair<string, int>("rule", 3)]);
        judgement.Kinds["kind of b"].FalseAlerts.ShouldBeEmpty();
        judgement.Kinds.Keys.ShouldBe(["kind of a", "kind of b"]);
        judgement.PlayerDays.ShouldBe(2);
    }

    [Fact]
    public void Player_days_are_the_days_with_an_event()
    {
        LoggedEvent[] events = [new(0, 0, null, 0), new(0, Day - 1, null, 0), new(0, 3 * Day, null, 0), new(1, 0, null, 0)];
        Judge(new PlayedLog(["a", "b"], events, [])).PlayerDays.ShouldBe(3);
    }

    [Fact]
    public void A_campaign_that_did_not_happen_does_not_count()
        => Judge(Log([], [("a", null)]), Theft("v")).Campaigns.ShouldBeEmpty();

    [Fact]
    public void Worlds_are_added_up()
    {
        TrueCampaign truth = Theft("v");
        Judgement caught = Judge(Log([0], [("v", "c"), ("a", null)]), truth), missed = Judge(Log([1], [("v", "c"), ("a", null)]), truth);
        BacktestResult result = BacktestResult.Of("these", [caught, caught, caught, missed]);
        result.Recall.ShouldNotBeNull().Value.ShouldBe(0.75);
        result.FalseAlerts.Value.ShouldBe(250);
        (result.FalseAlerts.Low, result.FalseAlerts.High).ShouldBe((0, 750));
        ScenarioResult scenario = result.Scenarios.ShouldHaveSingleItem();
        (scenario.Campaigns, scenario.Caught, scenario.Minutes).ShouldBe((4, 3, 0));
        result.Precision.ShouldBeNull(); // a budget of less than one alert
    }

    [Fact]
    public void As_many_alerts_of_each_day_are_looked_at_as_the_budget_allows_those_with_the_highest_scores_first()
    {
        Dictionary<string, KindOutcome> kinds = new() { ["any"] = new KindOutcome(2_000, new Dictionary<string, int>()) };
        JudgedAlert[] alerts = [new(1, 0.6, true), new(1, 0.9, false), new(2, 0.7, false), new(2, 0.8, true), new(2, 0.75, true)];
        // 1.4 alerts in two days: one on the second, when enough of the budget has been saved.
        BacktestResult.Of("these", [new Judgement([], kinds, alerts)]).Precision.ShouldBe(1);
    }

    /// <summary>A log of one event a minute.</summary>
    private static PlayedLog Log(int[] alerts, (string User, string? Campaign)[] events)
    {
        List<string> users = [.. events.Select(e => e.User).Distinct()];
        return new PlayedLog(users, [.. events.Select((e, i) => new LoggedEvent(users.IndexOf(e.User), i * Minute, e.Campaign, e.Campaign is null ? 0 : 10))],
            [.. alerts.Select(alert => new RaisedAlert(alert, "rule", 0.9))]);
    }

    private static TrueCampaign Theft(params string[] users) => new("c", "theft", users, users[..1]);

    private static Judgement Judge(PlayedLog log, params TrueCampaign[] truth) => Judgement.Of(log, truth, user => "kind of " + user);
}
