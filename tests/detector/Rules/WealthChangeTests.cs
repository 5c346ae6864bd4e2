using Game.Contracts;
using Game.Detector.Rules;

namespace Game.Detector.Tests.Rules;

public class WealthChangeTests
{
    [Fact]
    public void Most_of_the_wealth_leaving_at_once_is_critical()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        story.Gold = 90_000;
        story.Goods = 10_000;
        Alert alert = story.GiveGold(85_000, "stranger").ShouldAlert("wealth-change");
        alert.Severity.ShouldBe(AlertSeverity.Critical);
        alert.Features["lost_share"].ShouldBe(0.85);
        alert.Features["new_partner"].ShouldBe(1);
        alert.Reason.ShouldContain("stranger");
        alert.Reason.ShouldContain("85,000 gold");
    }

    [Fact]
    public void Wealth_leaving_in_slices_is_seen_within_ten_trades()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        story.Gold = 90_000;
        story.Goods = 10_000;
        int slices = 0;
        while (story.AllAlerts.Count == 0 && slices++ < 10)
        {
            story.After(2_000).GiveGold(8_000, "stranger");
        }
        story.ShouldAlert("wealth-change");
    }

    [Fact]
    public void Wealth_that_comes_in_without_return_raises_an_alert_on_the_mule()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        Alert alert = story.Trade(60_000, 0, 0, "victim", TradeChannel.Mail).ShouldAlert("wealth-change");
        alert.Features["gained_share"].ShouldBeGreaterThan(0.3);
        alert.Reason.ShouldContain("came from the unknown player victim");
    }

    [Fact]
    public void An_expensive_but_fair_purchase_is_quiet()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        story.Trade(-30_000, 1, 30_500, "friend-a", TradeChannel.Direct).Trade(9_000, -1, 9_100, "stranger", TradeChannel.Auction).ShouldBeQuiet();
    }

    [Fact]
    public void A_gift_to_a_friend_is_quiet()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        story.GiveGold(5_000, "friend-a").ShouldBeQuiet();
    }

    [Fact]
    public void A_theft_after_an_unusual_login_raises_an_alert_at_a_smaller_amount()
    {
        using PlayerStory calm = new PlayerStory().SteadyLife();
        calm.GiveGold(12_000, "stranger", PlayerStory.Berlin.Ip).ShouldBeQuiet();
        using PlayerStory stolen = new PlayerStory().SteadyLife();
        stolen.Login(PlayerStory.Berlin, "phone").After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner");
        stolen.GiveGold(12_000, "stranger", PlayerStory.Sydney.Ip).ShouldAlert("wealth-change").Features["login_risk"].ShouldBeGreaterThan(0.8);
    }

    /// <summary>Cheap trades fill the window, and a second login finds the address range familiar: neither lowers the rating of the first login.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(10, false)]
    [InlineData(30, false)]
    [InlineData(90, false)]
    [InlineData(30, true)]
    public void Cheap_trades_and_a_second_login_do_not_lower_the_rating_of_an_unusual_login(int cheap, bool again)
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Berlin, "phone");
        story.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner");
        double rated = story.ShouldAlert("ip-change").Score;
        for (int i = 0; i < cheap; i++)
        {
            story.After(1_000).Trade(-1, 1, 1, "friend-a", TradeChannel.Auction, PlayerStory.Sydney.Ip);
        }
        if (again)
        {
            story.After(PlayerStory.Minute).Login(PlayerStory.Sydney, "burner");
        }
        Alert alert = story.After(1_000).GiveGold(12_000, "stranger", PlayerStory.Sydney.Ip).ShouldAlert("wealth-change");
        alert.Features["login_risk"].ShouldBe(rated, tolerance: 0.01);
    }

    /// <summary>
    /// An alert on wealth that came in, or that went to another partner, does not quiet a loss to a stranger. A second loss to the same stranger is quiet for a
    /// while.
    /// </summary>
    [Theory]
    [InlineData(360, 0)]
    [InlineData(0, 1)]
    public void An_alert_quiets_the_same_partner_and_direction_only(int quietMinutes, int again)
    {
        using PlayerStory story = new PlayerStory(new RuleSet { WealthChange = new() { QuietMinutes = quietMinutes } }).SteadyLife();
        story.Trade(60_000, 0, 0, "stranger", TradeChannel.Mail).ShouldAlert("wealth-change");
        story.Gold = 90_000;
        story.After(2 * 60 * PlayerStory.Minute).GiveGold(80_000, "stranger").ShouldAlert("wealth-change");
        story.After(PlayerStory.Minute).GiveGold(8_000, "stranger").Alerts.Count.ShouldBe(again);
        story.After(PlayerStory.Minute).GiveGold(1_900, "accomplice").ShouldAlert("wealth-change");
    }

    [Fact]
    public void The_rating_of_a_login_counts_for_a_day()
    {
        using PlayerStory story = new PlayerStory().SteadyLife().Login(PlayerStory.Sydney, "burner");
        story.After(PlayerStory.Day + PlayerStory.Minute).GiveGold(12_000, "stranger", PlayerStory.Sydney.Ip).AllAlerts.Count.ShouldBe(1);
    }

    [Fact]
    public void Extreme_amounts_stay_within_the_contract()
    {
        using PlayerStory story = new PlayerStory().SteadyLife();
        story.Gold = story.Goods = 0;
        Alert alert = story.Trade(0, ContractLimits.MaxItemDelta, 0, "stranger", TradeChannel.Direct).Append(new TradeEvent
        {
            EventId = Guid.NewGuid(), UserId = "u-1", Ts = story.Now, ServerId = "", SessionId = "", Ip = "", TradeId = "t", CounterpartyId = "stranger",
            Channel = TradeChannel.Direct,
            GoldDelta = ContractLimits.MaxGold, GoldBalance = ContractLimits.MaxGold, ItemId = "x", ItemDelta = ContractLimits.MaxItemDelta,
            ItemValue = ContractLimits.MaxGold,
            InventoryValue = ContractLimits.MaxGold,
        }).ShouldAlert("wealth-change");
        alert.Features.Values.ShouldAllBe(value => double.IsFinite(value));
        ContractJson.TryDecode(ContractJson.Encode(alert), out Alert again, out _).ShouldBeTrue();
        again.AlertId.ShouldBe(alert.AlertId);
    }

    /// <summary>No broker refuses an alert for its size, even with names of the greatest length in characters that JSON escapes.</summary>
    [Fact]
    public void The_largest_alert_is_small()
    {
        string name = new('<', ContractLimits.MaxIdBytes);
        using PlayerStory story = new PlayerStory(user: name).SteadyLife();
        story.Gold = 90_000;
        ContractJson.Encode(story.GiveGold(85_000, name).ShouldAlert("wealth-change")).Length.ShouldBeLessThan(4_096);
    }
}
