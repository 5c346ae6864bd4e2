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

    internal Campaign(Casting casting, string scenario)
    {
        Casting = casting;
        Scenario = scenario;
        Id = casting.NextId();
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

    internal void Step(double waitMs, Func<long, GameAction?> act) => _steps.Enqueue((waitMs, act));

    /// <summary>About so long: between half and twice.</summary>
    internal double About(double ms) => ms * Math.Pow(2, Dice.Between(-1, 1));

    internal LoginAction Login(Player player, Presence from, long at, bool correctSecret = true)
        => World.Login(player, from, at, correctSecret, Mark(player, player));

    /// <summary>The player logs in as always, for the campaign.</summary>
    internal LoginAction OwnLogin(Player player, long at) => World.HonestLogin(player, at) with { Fraud = Mark(player, player) };

    /// <summary>Hands gold to another account; null where there is none.</summary>
    internal TradeAction? Gold(Player from, Player to, double share, long at, string? fromIp = null, TradeChannel? channel = null)
    {
        World.Accrue(from, at);
        long gold = (long)(from.Gold * share);
        return gold < 1 ? null : Apply(new Exchange(from, to, -gold, 0, 0, channel ?? Channel(), "", fromIp), at);
    }

    /// <summary>Hands goods to another account, for a price of so many times their value.</summary>
    internal TradeAction? Goods(Player from, Player to, double share, long at, double priceTimes = 0, string? fromIp = null, TradeChannel? channel = null)
    {
        World.Accrue(from, at);
        (Item item, long value, int pieces) = World.Market.About(Dice, from.InventoryValue * share, at);
        pieces = (int)Math.Min(pieces, from.InventoryValue / value);
        long price = (long)Math.Min(to.Gold, priceTimes * value * pieces);
        return pieces < 1 ? null : Apply(new Exchange(from, to, price, -pieces, value, channel ?? Channel(), item.Id, fromIp), at);
    }

    /// <summary>Hands over gold or goods, whichever there is more of.</summary>
    internal TradeAction? Either(Player from, Player to, double share, long at, string? fromIp = null)
        => from.InventoryValue > from.Gold ? Goods(from, to, share, at, fromIp: fromIp) : Gold(from, to, share, at, fromIp);

    internal TradeAction Apply(Exchange exchange, long at) => World.Apply(exchange, at, Mark(exchange.First, exchange.Second));

    internal TradeChannel Channel() => Dice.Chance(0.5) ? TradeChannel.Mail : TradeChannel.Direct;

    private FraudMark Mark(Player first, Player second) => new(Id, Scenario, RoleOf(first), RoleOf(second));

    private CampaignRole? RoleOf(Player player) => _cast.Find(member => member.Player == player)?.Role;
}
