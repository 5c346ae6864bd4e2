using Game.Worlds.Fraud;

namespace Game.Worlds.Timeline;

/// <summary>What happens in a world from one instant to another: the sessions of its players, and the campaigns that are planned. In order of time.</summary>
public sealed class WorldTimeline
{
    private readonly GameWorld _world;
    private readonly Period _period;
    private readonly Casting? _casting;
    private readonly PriorityQueue<Turn, (long At, long Number)> _turns = new();
    private readonly List<Campaign> _campaigns = [];
    private long _number;
    private int _playing;

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
        AddPlayers(period.FromMs - 1);
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

        /// <summary>Where the session's login comes from; null before its first attempt.</summary>
        public Presence? From { get; set; }

        /// <summary>Wrong secrets that the player still types.</summary>
        public int Mistakes { get; set; }

        /// <summary>When the session's login was, epoch milliseconds.</summary>
        public long LoginAt { get; set; }

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
        // Somebody else's login has ended the session.
        if (turn.Trades is not { } trades || turn.LoginAt != player.LastLoginAt)
        {
            return LogIn(turn, player, at);
        }
        turn.Trades = trades - 1;
        if (trades <= 1)
        {
            EndSession(turn, player, at);
        }
        else
        {
            Enqueue(turn, at + Pause());
        }
        _world.Connections.MoveOn(player);
        return trades > 0 ? _world.HonestTrade(player, at) : null;
    }

    // Most act once a minute, some within a second or two.
    private long Pause() => Math.Clamp((long)_world.Dice.LogNormal(60_000, 1.3), 800, 20 * 60_000);

    private void EndSession(Turn turn, Player player, long at)
    {
        turn.Trades = null;
        turn.From = null;
        Enqueue(turn, player.Rhythm.Next(_world, at));
    }

    private LoginAction LogIn(Turn turn, Player player, long at)
    {
        Dice dice = _world.Dice;
        if (turn.From is not { } from)
        {
            turn.From = from = _world.Connections.Usual(player, at);
            // Most type one wrong secret; some have forgotten it, type several, and may give up.
            turn.Mistakes = !dice.Chance(_world.Settings.Typos) ? 0 : dice.Chance(0.85) ? 1 : 2 + dice.Below(8);
        }
        if (turn.Mistakes > 0)
        {
            turn.Mistakes--;
            if (turn.Mistakes > 2 && dice.Chance(0.1))
            {
                EndSession(turn, player, at);
            }
            else
            {
                Enqueue(turn, at + (long)dice.Between(1_500, 40_000));
            }
            return _world.Login(player, from, at, correctSecret: false, fraud: null);
        }
        turn.Trades = (int)(player.Rhythm.TradesPerSession * dice.LogNormal(1, 0.5) + dice.Share());
        turn.LoginAt = at;
        turn.From = null;
        Enqueue(turn, at + Pause());
        return _world.Login(player, from, at, correctSecret: true, fraud: null);
    }

    // Those whom nobody has a turn for yet.
    private void AddPlayers(long afterMs)
    {
        for (; _playing < _world.Players.Count; _playing++)
        {
            Player player = _world.Players[_playing];
            Enqueue(new Turn { Player = player }, player.Rhythm.Next(_world, afterMs));
        }
    }

    private GameAction? PlayCampaign(Turn turn, long at)
    {
        if (turn.Campaign is null)
        {
            turn.Campaign = Scenarios.Plan(turn.Scenario, _casting!, at);
            AddPlayers(at);
            if (turn.Campaign is null)
            {
                // Nobody to do it to; perhaps there is tomorrow.
                Enqueue(turn, at + Period.DayMs);
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

    // The first fifth of the time is without fraud, so that there is something to compare with. What begins in the last fifth would not end.
    private void PlanCampaigns(int count, IReadOnlyList<string> scenarios)
    {
        long fifth = (_period.UntilMs - _period.FromMs) / 5;
        Period time = new(_period.FromMs + fifth, _period.UntilMs - fifth);
        int first = _world.Dice.Below(scenarios.Count);
        for (int i = 0; i < count; i++)
        {
            Enqueue(new Turn { Scenario = scenarios[(first + i) % scenarios.Count] }, time.Pick(_world.Dice));
        }
    }
}
