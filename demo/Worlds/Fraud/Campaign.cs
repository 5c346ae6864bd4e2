using Game.Contracts;

namespace Game.Worlds.Fraud;

/// <summary>An account of a campaign and its part in it.</summary>
public sealed record CastMember(Player Player, CampaignRole Role);

/// <summary>One planted fraud: its accounts, and a queue of steps of which each gives one action, or none where nothing is left to take.</summary>
public sealed class Campaign
{
    internal const double Second = 1000, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour;

    private readonly Queue<(double WaitMs, Func<long, GameAction?> Act)> _steps = new();
    private readonly List<CastMember> _cast = [];
    private readonly List<Player> _seized = [];
    private readonly FraudMark _mark;

    internal Campaign(Casting casting, string scenario)
    {
        Casting = casting;
        Scenario = scenario;
        Id = casting.NextId();
        _mark = new FraudMark(Id, scenario);
        ThiefMs = casting.World.Settings.ThiefSeconds * 1000;
    }

    public string Id { get; }

    public string Scenario { get; }

    public IReadOnlyList<CastMember> Cast => _cast;

    public bool Finished => _steps.Count == 0;

    /// <summary>Milliseconds from the step before to the next one.</summary>
    public double WaitMs => _steps.Peek().WaitMs;

    internal GameWorld World => Casting.World;

    internal Dice Dice => World.Dice;

    internal Casting Casting { get; }

    /// <summary>Milliseconds between the actions of a thief in a hurry.</summary>
    internal double ThiefMs { get; }

    /// <summary>Performs the next step at the given instant; null where it does nothing.</summary>
    public GameAction? Next(long at)
    {
        GameAction? action = _steps.Dequeue().Act(at);
        if (Finished)
        {
            Release();
        }
        return action;
    }

    /// <summary>Adds an account; each is in one campaign only.</summary>
    internal Player Join(Player player, CampaignRole role)
    {
        _cast.Add(new CastMember(player, role));
        return player;
    }

    /// <summary>Takes victims' accounts away from their owners until the campaign has ended.</summary>
    internal void Seize(Player player)
    {
        player.InCampaign = true;
        _seized.Add(player);
    }

    /// <summary>Lets the owners play again: they log in anew.</summary>
    internal void Release()
    {
        foreach (Player player in _seized)
        {
            player.InCampaign = false;
            player.Online = false;
        }
        _seized.Clear();
    }

    /// <summary>A step that does nothing but end a visit.</summary>
    internal GameAction? Leave(long at)
    {
        Release();
        return null;
    }

    internal void Step(double waitMs, Func<long, GameAction?> act) => _steps.Enqueue((waitMs, act));

    /// <summary>About so long: between half and twice.</summary>
    internal double About(double ms) => ms * Math.Pow(2, Dice.Between(-1, 1));

    /// <summary>Finds a victim; null where the world has none left.</summary>
    internal Player? JoinVictim(long at, Func<Player, bool>? fits = null)
    {
        Player? victim = Casting.Victim(at, fits);
        return victim is null ? null : Join(victim, CampaignRole.Victim);
    }

    /// <summary>Milliseconds until about the hour at which a player usually plays, or so many hours later.</summary>
    internal double UntilHourOf(Player player, long at, double hoursLater = 0)
    {
        double hour = (player.Rhythm.PeakHour + hoursLater + Dice.Normal() + 24) % 24 * Period.HourMs;
        return (hour - at % Period.DayMs + Period.DayMs) % Period.DayMs;
    }

    /// <summary>Somebody logs in to an account of the campaign. Its owner, if there is one, plays no more until <see cref="Release"/>.</summary>
    internal LoginAction Login(Player player, Presence from, long at, bool correctSecret = true)
    {
        LoginAction login = World.Login(player, from, at, correctSecret, _mark);
        if (correctSecret)
        {
            Seize(player);
            player.SessionEndsAt = at + 12 * Period.HourMs;
        }
        return login;
    }

    /// <summary>The player logs in as always, for the campaign.</summary>
    internal LoginAction OwnLogin(Player player, long at) => Login(player, World.Connections.Usual(player, at), at);

    /// <summary>Hands gold to another account, in the auction house as the price of a trifle; null where there is none.</summary>
    internal TradeAction? Gold(Player from, Player to, double share, long at, string? fromIp = null)
    {
        World.Accrue(from, at);
        long gold = (long)(from.Gold * share);
        TradeChannel used = Channel();
        if (gold < 1 || used != TradeChannel.Auction)
        {
            return gold < 1 ? null : Apply(new Exchange(from, to, -gold, 0, 0, used, "", fromIp), at);
        }
        Item trifle = World.Market.Items[Dice.Below(3)];
        return Apply(new Exchange(from, to, -gold, 1, World.Market.ValueOf(trifle, at), used, trifle.Id, fromIp), at);
    }

    /// <summary>Hands goods to another account, for a price of so many times their value; null where there are none.</summary>
    internal TradeAction? Goods(Player from, Player to, double share, long at, double priceTimes = 0, string? fromIp = null, TradeChannel? channel = null)
    {
        World.Accrue(from, at);
        (Item item, long value, int pieces) = World.Market.About(Dice, from.InventoryValue * share, at);
        pieces = (int)Math.Min(pieces, from.InventoryValue / value);
        TradeChannel used = channel ?? Channel();
        // The auction house takes no sale for nothing.
        long least = used == TradeChannel.Auction ? 1 : 0;
        long price = (long)Math.Min(to.Gold, Math.Max(least, priceTimes * value * pieces));
        return pieces < 1 ? null : Apply(new Exchange(from, to, price, -pieces, value, used, item.Id, fromIp), at);
    }

    /// <summary>Hands over gold or goods, whichever there is more of.</summary>
    internal TradeAction? Either(Player from, Player to, double share, long at, string? fromIp = null)
        => from.InventoryValue > from.Gold ? Goods(from, to, share, at, fromIp: fromIp) : Gold(from, to, share, at, fromIp);

    internal TradeAction Apply(Exchange exchange, long at) => World.Apply(exchange, at, _mark);

    /// <summary>As often as honest players of this world use it, so that it says nothing.</summary>
    internal TradeChannel Channel() => Dice.Chance(0.06) ? TradeChannel.GuildBank : World.ChannelOf(Dice.Chance(World.Settings.AuctionShare));
}
