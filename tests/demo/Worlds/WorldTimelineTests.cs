using Game.Contracts;
using Game.Worlds;
using Game.Worlds.Fraud;
using Game.Worlds.Timeline;

namespace Game.Demo.Tests.Worlds;

public sealed class WorldTimelineTests
{
    private const long Start = 1_789_948_800_000;
    private const int Days = 25;

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
    public void Nobody_does_anything_before_the_account_begins_or_after_it_ends()
    {
        Played world = Play(7);
        Dictionary<string, Player> players = world.World.Players.ToDictionary(player => player.UserId);
        world.Events.Where(value => !players[value.UserId].Rhythm.IsAlive(value.Ts) && players[value.UserId].Rhythm.BeginsAt > value.Ts).ShouldBeEmpty();
    }

    [Fact]
    public void Honest_players_do_what_frauds_do_too()
    {
        PlayerEvent[] honest = [.. Enumerable.Range(1, 4).SelectMany(seed => Play(seed, campaigns: 0).Events)];
        honest.GroupBy(value => value.UserId).Any(player => player.Chunk(3).Any(three
            => three.Length == 3 && three.All(value => value is LoginEvent { Outcome: LoginOutcome.BadPassword }))).ShouldBeTrue();
        Dictionary<string, string> loginOf = honest.OfType<LoginEvent>().Where(login => login.SessionId.Length > 0)
            .ToDictionary(login => login.SessionId, login => login.Ip);
        honest.OfType<TradeEvent>().ShouldContain(trade => trade.SessionId.Length > 0 && trade.Ip != loginOf[trade.SessionId]);
        honest.OfType<TradeEvent>().ShouldContain(trade => trade.ItemDelta == 0 && trade.GoldDelta < 0 && -trade.GoldDelta > trade.GoldBalance);
    }

    [Fact]
    public void Small_and_strange_worlds_are_played_to_their_end()
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            Period period = new(Start, Start + 5 * Period.DayMs);
            GameWorld world = new(WorldSettings.Draw(seed, outside: true), seed, players: 100, new Geography(), period);
            new WorldTimeline(world, period, campaigns: 10).Play().Count().ShouldBeGreaterThan(100);
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
        HashSet<string> seen = [];
        foreach (Played world in Enumerable.Range(6, 3).Select(seed => Play(seed, campaigns: Scenarios.Names.Count)))
        {
            world.Timeline.Campaigns.SelectMany(campaign => campaign.Cast).Select(member => member.Player.UserId).ShouldBeUnique();
            foreach (Campaign campaign in world.Timeline.Campaigns)
            {
                seen.Add(campaign.Scenario);
                IsPlayed(campaign, [.. world.Actions.Where(action => action.Fraud?.CampaignId == campaign.Id)]);
            }
        }
        seen.Order(StringComparer.Ordinal).ShouldBe(Scenarios.Names.Order(StringComparer.Ordinal));
    }

    private static void IsPlayed(Campaign campaign, GameAction[] own)
    {
        own.Length.ShouldBeGreaterThan(1, campaign.Scenario);
        HashSet<Player> cast = [.. campaign.Cast.Select(member => member.Player)];
        own.OfType<LoginAction>().ShouldAllBe(login => cast.Contains(login.Player), campaign.Scenario);
        own.OfType<TradeAction>().ShouldAllBe(trade => cast.Contains(trade.First.Player) && cast.Contains(trade.Second.Player), campaign.Scenario);
        own.OfType<TradeAction>().ShouldNotBeEmpty(campaign.Scenario);
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
        GameWorld world = new(WorldSettings.Draw(seed), seed, players: 300, new Geography(), period);
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
