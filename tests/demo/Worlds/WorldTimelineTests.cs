using Game.Contracts;
using Game.Worlds;
using Game.Worlds.Fraud;
using Game.Worlds.Timeline;

namespace Game.Demo.Tests.Worlds;

public sealed class WorldTimelineTests
{
    private const long Start = 1_789_948_800_000;
    private const int Days = 12;

    [Fact]
    public void The_same_seed_gives_the_same_events()
    {
        List<PlayerEvent> events = Play(1).Events;
        Play(1).Events.ShouldBe(events);
        Play(2).Events[0].ShouldNotBe(events[0]);
    }

    [Fact]
    public void Every_event_keeps_the_contract_and_comes_in_order_of_time()
    {
        using EventEncoder encoder = new();
        EventDecoder decoder = new();
        long last = 0;
        foreach (PlayerEvent value in Play(3).Events)
        {
            decoder.Decode(encoder.Encode(value), out EventView view).ShouldBe(DecodeFailure.None);
            view.ToEvent().ShouldBe(value);
            value.Ts.ShouldBeInRange(Math.Max(last, Start), Start + Days * Period.DayMs);
            last = value.Ts;
        }
    }

    [Fact]
    public void A_session_s_login_comes_before_its_trades()
    {
        HashSet<string> sessions = [];
        foreach (PlayerEvent value in Play(4).Events)
        {
            if (value is LoginEvent { Outcome: LoginOutcome.Ok })
            {
                sessions.Add(value.SessionId);
            }
            else if (value is TradeEvent { SessionId.Length: > 0 })
            {
                sessions.ShouldContain(value.SessionId);
            }
        }
    }

    [Fact]
    public void A_trade_neither_creates_nor_destroys_gold()
    {
        foreach (TradeAction trade in Play(5).Actions.OfType<TradeAction>())
        {
            (trade.First.GoldDelta + trade.Second.GoldDelta).ShouldBe(0);
            (trade.First.ItemDelta + trade.Second.ItemDelta).ShouldBe(0);
            trade.First.GoldBalance.ShouldBeGreaterThanOrEqualTo(0);
            trade.Second.GoldBalance.ShouldBeGreaterThanOrEqualTo(0);
            trade.First.Player.ShouldNotBe(trade.Second.Player);
        }
    }

    [Fact]
    public void Each_kind_of_fraud_happens_with_its_own_accounts()
    {
        Played world = Play(6, campaigns: Scenarios.Names.Count);
        world.Timeline.Campaigns.Select(campaign => campaign.Scenario).Order(StringComparer.Ordinal).ShouldBe(Scenarios.Names.Order(StringComparer.Ordinal));
        world.Timeline.Campaigns.SelectMany(campaign => campaign.Cast).Select(member => member.Player.UserId).ShouldBeUnique();
        foreach (Campaign campaign in world.Timeline.Campaigns)
        {
            GameAction[] own = [.. world.Actions.Where(action => action.Fraud?.CampaignId == campaign.Id)];
            own.Length.ShouldBeGreaterThan(1, campaign.Scenario);
            HashSet<Player> cast = [.. campaign.Cast.Select(member => member.Player)];
            own.OfType<LoginAction>().ShouldAllBe(login => cast.Contains(login.Player), campaign.Scenario);
            own.OfType<TradeAction>().ShouldAllBe(trade => cast.Contains(trade.First.Player) && cast.Contains(trade.Second.Player), campaign.Scenario);
            own.OfType<TradeAction>().ShouldNotBeEmpty(campaign.Scenario);
        }
    }

    [Fact]
    public void Each_kind_of_honest_player_lives_in_some_world()
        => Enumerable.Range(1, 5).SelectMany(seed => Play(seed).World.Players).Select(player => player.Kind).Distinct().Order()
            .ShouldBe(Enum.GetValues<PlayerKind>());

    [Fact]
    public void Worlds_differ_and_those_to_judge_with_lie_outside_of_the_others()
    {
        WorldSettings[] inside = [.. Enumerable.Range(1, 200).Select(seed => WorldSettings.Draw(seed))];
        WorldSettings[] outside = [.. Enumerable.Range(1, 200).Select(seed => WorldSettings.Draw(seed, outside: true))];
        inside.Max(one => one.SessionsPerDay).ShouldBeGreaterThan(3 * inside.Min(one => one.SessionsPerDay));
        double low = inside.Min(one => one.TradesPerSession), high = inside.Max(one => one.TradesPerSession);
        outside.Count(one => one.TradesPerSession > low * 1.02 && one.TradesPerSession < high * 0.98).ShouldBe(0);
        outside.ShouldContain(one => one.TradesPerSession < low);
        outside.ShouldContain(one => one.TradesPerSession > high);
    }

    private static Played Play(int seed, int campaigns = 5)
    {
        Period period = new(Start, Start + Days * Period.DayMs);
        GameWorld world = new(WorldSettings.Draw(seed), seed, players: 400, new Geography(), period);
        WorldTimeline timeline = new(world, period, campaigns);
        ActionEvents events = new("gs-1", world.Located);
        List<GameAction> actions = [];
        List<PlayerEvent> published = [];
        foreach (GameAction action in timeline.Play())
        {
            actions.Add(action);
            published.AddRange(events.Of(action));
        }
        return new Played(world, timeline, actions, published);
    }

    private sealed record Played(GameWorld World, WorldTimeline Timeline, List<GameAction> Actions, List<PlayerEvent> Events);
}
