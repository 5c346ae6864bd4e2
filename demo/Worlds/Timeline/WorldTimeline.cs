using Game.Worlds.Fraud;

namespace Game.Worlds.Timeline;

/// <summary>What happens in a world from one instant to another: the sessions of its players, and the campaigns that are planned. In order of time.</summary>
public sealed class WorldTimeline
{
    private const long RetypeMs = 4_000;

    private readonly GameWorld _world;
    private readonly Period _period;
    private readonly Casting? _casting;
    private readonly PriorityQueue<Turn, (long At, long Number)> _turns = new();
    private readonly List<Campaign> _campaigns = [];
    private long _number;

    /// <param name="world">Nothing has been played in it yet.</param>
    /// <param name="period">That of the world.</param>
    /// <param name="campaigns">How many frauds, of all kinds in turn.</param>
    /// <param name="scenarios">The kinds; null for all.</param>
    public WorldTimeline(GameWorld world, Period period, int campaigns = 0, IReadOnlyList<string>? scenarios = null)
    {
        _world = world;
        _period = period;
        if (campaigns > 0)
        {
            _casting = new Casting(world, period, campaigns);
            PlanCampaigns(campaigns, scenarios ?? Scenarios.Names);
        }
        foreach (Player player in world.Players)
        {
            Enqueue(new Turn { Player = player }, player.Rhythm.Next(world, period.FromMs - 1));
        }
    }

    /// <summary>The campaigns that have begun.</summary>
    public IReadOnlyList<Campaign> Campaigns => _campaigns;

    /// <summary>What an actor does when its time has come.</summary>
    private sealed class Turn
    {
        /// <summary>Whose session it is; null for a fraud.</summary>
        public Player? Player { get; init; }

        /// <summary>Trades left in the session; null before its login.</summary>
        public int? Trades { get; set; }

        public bool HasMistyped { get; set; }

        public string Scenario { get; init; } = "";

        public Campaign? Campaign { get; set; }
    }

    /// <summary>The actions. Enumerate them once only: the enumeration changes the world.</summary>
    public IEnumerable<GameAction> Play()
    {
        while (_turns.TryDequeue(out Turn? turn, out (long At, long Number) due) && due.At < _period.UntilMs)
        {
            if ((turn.Player is not null ? PlaySession(turn, turn.Player, due.At) : PlayCampaign(turn, due.At)) is { } action)
            {
                yield return action;
            }
        }
    }

    private void Enqueue(Turn turn, long at) => _turns.Enqueue(turn, (at, _number++));

    private GameAction? PlaySession(Turn turn, Player player, long at)
    {
        Dice dice = _world.Dice;
        if (player.InCampaign)
        {
            turn.Trades = null;
            Enqueue(turn, at + (long)(dice.Between(0.5, 3) * Period.HourMs));
            return null;
        }
        if (turn.Trades is not { } trades)
        {
            return LogIn(turn, player, at);
        }
        turn.Trades = trades - 1;
        if (trades <= 1)
        {
            turn.Trades = null;
            turn.HasMistyped = false;
            Enqueue(turn, player.Rhythm.Next(_world, at));
        }
        else
        {
            Enqueue(turn, at + (long)dice.Between(10_000, 600_000));
        }
        return trades > 0 ? _world.HonestTrade(player, at) : null;
    }

    private LoginAction LogIn(Turn turn, Player player, long at)
    {
        Dice dice = _world.Dice;
        if (!turn.HasMistyped && dice.Chance(_world.Settings.Typos))
        {
            turn.HasMistyped = dice.Chance(0.7);
            Enqueue(turn, at + RetypeMs);
            return _world.MistypedLogin(player, at);
        }
        turn.Trades = (int)(player.Rhythm.TradesPerSession * dice.LogNormal(1, 0.5) + dice.Share());
        Enqueue(turn, at + (long)dice.Between(10_000, 600_000));
        return _world.HonestLogin(player, at);
    }

    private GameAction? PlayCampaign(Turn turn, long at)
    {
        if (turn.Campaign is null)
        {
            turn.Campaign = Scenarios.Plan(turn.Scenario, _casting!, at);
            if (turn.Campaign is null)
            {
                return null;
            }
            _campaigns.Add(turn.Campaign);
            Enqueue(turn, at + (long)turn.Campaign.WaitMs);
            return null;
        }
        GameAction? action = turn.Campaign.Next(at);
        if (!turn.Campaign.Finished)
        {
            Enqueue(turn, at + Math.Max(100, (long)turn.Campaign.WaitMs));
        }
        return action;
    }

    // The first fifth of the time is without fraud, so that there is something to compare with.
    private void PlanCampaigns(int count, IReadOnlyList<string> scenarios)
    {
        Period time = new(_period.FromMs + (_period.UntilMs - _period.FromMs) / 5, _period.UntilMs - Period.DayMs);
        int first = _world.Dice.Below(scenarios.Count);
        for (int i = 0; i < count; i++)
        {
            Enqueue(new Turn { Scenario = scenarios[(first + i) % scenarios.Count] }, time.Pick(_world.Dice));
        }
    }
}
