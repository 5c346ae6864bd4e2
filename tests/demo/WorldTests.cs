using Game.Contracts;
using Game.Simulator.World;
using Geography = Game.Worlds.Geography;

namespace Game.Demo.Tests;

public sealed class WorldTests
{
    private const long Start = 1_760_000_000_000;
    private const int Players = 600;

    private static (List<PlayerEvent> History, LivePlan Plan, List<GameAction> Actions) Play(int seed, int players = Players)
    {
        GameWorld world = new(seed, players, new Geography());
        List<PlayerEvent> history = [.. new History(world, Start).Events()];
        LivePlan plan = new(world, new LivePlanOptions(Seconds: 30, Rate: 300, Start));
        return (history, plan, [.. plan.Actions()]);
    }

    [Fact]
    public void The_same_seed_gives_the_same_world()
    {
        (List<PlayerEvent> history, _, List<GameAction> actions) = Play(7);
        (List<PlayerEvent> again, _, List<GameAction> actionsAgain) = Play(7);
        again.ShouldBe(history);
        actionsAgain.Select(action => action.Key).ShouldBe(actions.Select(action => action.Key));
        Play(8).Actions[0].Key.ShouldNotBe(actions[0].Key);
    }

    [Fact]
    public void History_is_about_a_hundred_events_a_player_in_the_past()
    {
        List<PlayerEvent> history = Play(1).History;
        history.Count.ShouldBeInRange(Players * 80, Players * 115);
        history.Count(login => login is LoginEvent).ShouldBeGreaterThan(Players * 5);
        history.Min(e => e.Ts).ShouldBeGreaterThanOrEqualTo(Start - History.DefaultDays * 86_400_000L);
        history.Max(e => e.Ts).ShouldBeLessThan(Start);
        foreach (IGrouping<string, PlayerEvent> player in history.GroupBy(e => e.UserId))
        {
            player.Select(e => e.Ts).ShouldBeInOrder();
        }
    }

    [Fact]
    public void Every_event_keeps_the_contract()
    {
        using EventEncoder encoder = new();
        EventDecoder decoder = new();
        foreach (PlayerEvent value in Play(2).History)
        {
            decoder.Decode(encoder.Encode(value), out EventView view).ShouldBe(DecodeFailure.None);
            view.ToEvent().ShouldBe(value);
        }
    }

    [Fact]
    public void Actions_are_due_in_order_at_the_fixed_rate()
    {
        List<GameAction> actions = Play(3).Actions;
        actions.Count.ShouldBe(9_000);
        actions.Select(action => action.DueMs).ShouldBe(Enumerable.Range(0, 9_000).Select(i => i * 1000.0 / 300));
    }

    [Fact]
    public void A_player_trades_online_only_after_the_login_is_answered()
    {
        Dictionary<string, double> loggedIn = new();
        foreach (GameAction action in Play(4).Actions)
        {
            if (action is LoginAction { CorrectSecret: true } login)
            {
                loggedIn[login.Player.UserId] = action.DueMs;
            }
            if (action is TradeAction trade)
            {
                foreach (TradeLeg leg in new[] { trade.First, trade.Second }.Where(leg => leg.Online))
                {
                    (action.DueMs - loggedIn[leg.Player.UserId]).ShouldBeGreaterThanOrEqualTo(500);
                }
            }
        }
    }

    [Fact]
    public void A_trade_neither_creates_nor_destroys_wealth()
    {
        foreach (TradeAction trade in Play(5).Actions.OfType<TradeAction>())
        {
            (trade.First.GoldDelta + trade.Second.GoldDelta).ShouldBe(0);
            (trade.First.ItemDelta + trade.Second.ItemDelta).ShouldBe(0);
            trade.First.GoldBalance.ShouldBeGreaterThanOrEqualTo(0);
            trade.Second.GoldBalance.ShouldBeGreaterThanOrEqualTo(0);
        }
    }

    [Fact]
    public void Both_scenarios_are_planted_and_finish()
    {
        (_, LivePlan plan, List<GameAction> actions) = Play(6);
        plan.Campaigns.Count(campaign => campaign.Scenario == AccountTakeover.Name).ShouldBe(LivePlan.MinCampaigns);
        plan.Campaigns.Count(campaign => campaign.Scenario == GoldDrain.Name).ShouldBe(LivePlan.MinCampaigns);
        plan.Campaigns.ShouldAllBe(campaign => campaign.Finished);
        actions.Where(action => action.Fraud is not null).Select(action => action.Fraud!.CampaignId).Distinct().Count().ShouldBe(plan.Campaigns.Count);
        plan.Campaigns.SelectMany(campaign => campaign.Mules.Append(campaign.Victim)).ShouldBeUnique();
        SimulationTruth[] truths = [.. actions.SelectMany(plan.Truths)];
        truths.Where(truth => truth.EventId != null).Select(truth => truth.EventId).ShouldBeUnique();
        foreach (IGrouping<string, SimulationTruth> campaign in truths.GroupBy(truth => truth.CampaignId))
        {
            campaign.TakeWhile(truth => truth.EventId
                == null).Select(truth => truth.UserId).ShouldBe(plan.Campaigns.Single(one => one.Id == campaign.Key) is var one
                ? [one.Victim.UserId, .. one.Mules.Select(mule => mule.UserId)] : []);
        }
    }

    [Theory]
    [InlineData(50)]
    [InlineData(119)]
    [InlineData(160)]
    public void A_world_of_few_players_also_has_twenty_campaigns_of_each_scenario(int players)
    {
        (_, LivePlan plan, _) = Play(6, players);
        plan.Campaigns.CountBy(campaign => campaign.Scenario).ShouldAllBe(scenario => scenario.Value == LivePlan.MinCampaigns);
        plan.Campaigns.Select(campaign => campaign.Victim).ShouldBeUnique();
        plan.Campaigns.ShouldAllBe(campaign => campaign.Mules.Append(campaign.Victim).Distinct().Count() == campaign.Mules.Count + 1);
        plan.Campaigns.SelectMany(campaign => campaign.Mules).Intersect(plan.Campaigns.Select(campaign => campaign.Victim)).ShouldBeEmpty();
    }

    [Fact]
    public void The_truth_does_not_name_a_campaign_that_never_begins()
    {
        LivePlan plan = new(new GameWorld(6, Players, new Geography()), new LivePlanOptions(Seconds: 3, Rate: 3, Start));
        GameAction[] actions = [.. plan.Actions()];
        plan.Truths(actions.First(action => action.Fraud is null)).ShouldBeEmpty();
        actions.SelectMany(plan.Truths).Select(truth => truth.CampaignId).Distinct().Count().ShouldBe(plan.BegunCampaigns);
        plan.BegunCampaigns.ShouldBeLessThan(plan.Campaigns.Count);
    }

    [Fact]
    public void History_has_a_million_events_at_most_with_any_number_of_players()
    {
        History history = new(new GameWorld(3, 200_000, new Geography()), Start);
        history.Count.ShouldBeInRange(History.MaxEvents / 2, History.MaxEvents);
        history.Events().Count().ShouldBe(history.Count);
    }

    [Fact]
    public void The_address_table_covers_every_address_used()
    {
        string[] prefixes = [.. new Geography().ToCsv().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[0])];
        System.Net.IPNetwork[] networks = [.. prefixes.Select(prefix => System.Net.IPNetwork.Parse(prefix))];
        networks.Distinct().Count().ShouldBe(networks.Length);
        foreach (string ip in Play(9).History.OfType<LoginEvent>().Select(login => login.Ip).Distinct().Take(300))
        {
            networks.Count(network => network.Contains(System.Net.IPAddress.Parse(ip))).ShouldBe(1);
        }
    }
}
