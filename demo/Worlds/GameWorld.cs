using Game.Contracts;

namespace Game.Worlds;

/// <summary>
/// The players of a world, its prices and places, and what players do there. Deterministic: settings, seed and the order of calls decide everything. Not
/// thread-safe.
/// </summary>
public sealed class GameWorld
{
    // Both are prime, so that no two accounts have one number.
    private const long IdStep = 7_368_787, IdModulus = 99_999_989;

    /// <summary>Days of income that somebody gets who returns after longer.</summary>
    private const double MostDaysOfIncome = 5;

    private readonly Population _population;
    private readonly Trades _trades;
    private readonly List<Player> _players;
    private readonly HashSet<Network> _unknown;

    /// <param name="settings">What kind of world it is.</param>
    /// <param name="seed">Decides who lives there and what they do.</param>
    /// <param name="players">How many, at least 10.</param>
    /// <param name="geography">Where they live.</param>
    /// <param name="period">The time in which it is played.</param>
    public GameWorld(WorldSettings settings, int seed, int players, Geography geography, Period period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(players, 10);
        Settings = settings;
        Dice = Dice.For(seed, "play");
        Cities = Inhabited(geography);
        Market = new Market(settings, Dice, period.FromMs);
        Calendar = new Calendar(settings, Cities, period, Dice);
        Connections = new Connections(this);
        _unknown = [.. geography.Cities.SelectMany(city => city.Networks).Where(_ => Dice.Chance(settings.UnknownNetworks))];
        _trades = new Trades(this);
        _population = new Population(this, period);
        _players = _population.Make(players);
    }

    public WorldSettings Settings { get; }

    public Dice Dice { get; }

    public Market Market { get; }

    public Calendar Calendar { get; }

    /// <summary>Where players live.</summary>
    public IReadOnlyList<City> Cities { get; }

    /// <summary>The accounts, those that campaigns have opened last.</summary>
    public IReadOnlyList<Player> Players => _players;

    /// <summary>Where VPN providers' traffic comes out, without devices.</summary>
    internal IReadOnlyList<Presence> VpnExits => _population.VpnExits;

    internal Connections Connections { get; }

    /// <summary>A number that says nothing of when the account began.</summary>
    internal static string UserId(int index) => $"u-{(index + 1L) * IdStep % IdModulus:D8}";

    /// <summary>How something changes hands in the auction house, or between two who know each other.</summary>
    internal TradeChannel ChannelOf(bool isAuction) => isAuction ? TradeChannel.Auction : Dice.Chance(0.3) ? TradeChannel.Mail : TradeChannel.Direct;

    public string NewDevice() => $"d-{Dice.Bits():x8}";

    public City CityOf(Network network) => Cities.First(city => city.Networks.Contains(network));

    /// <summary>
    /// What the address table says of a network; null where it knows nothing. While the table is broken, two in three networks are missing or misplaced.
    /// </summary>
    public Network? Located(Network network, long at)
    {
        if (_unknown.Contains(network))
        {
            return null;
        }
        if (!Calendar.IsTableBroken(at))
        {
            return network;
        }
        int block = (int)(network.Prefix >> 14);
        return (block % 3) switch
        {
            0 => null,
            1 => Cities[block % Cities.Count].Fixed[0],
            _ => network,
        };
    }

    /// <summary>Opens an account for a campaign.</summary>
    public Player Open(PlayerKind kind, long beginsAt)
    {
        Player player = _population.One(_players.Count, kind, beginsAt);
        _population.Befriend(player, _players);
        _players.Add(player);
        return player;
    }

    public LoginAction Login(Player player, Presence from, long at, bool correctSecret, FraudMark? fraud)
    {
        if (correctSecret)
        {
            player.Online = true;
            player.Where = from;
            player.LastLoginAt = at;
            player.SessionEndsAt = at + (long)(Dice.Between(0.5, 2) * Period.HourMs);
        }
        return new LoginAction(Dice.Key(at), at, fraud, player, from, player.ClientVersion, correctSecret);
    }

    /// <summary>What an honest player does next in a session; null when nothing comes to mind.</summary>
    public TradeAction? HonestTrade(Player player, long at) => _trades.Next(player, at);

    /// <summary>Changes the wealth of both players by an exchange and returns the action that reports the trade.</summary>
    public TradeAction Apply(Exchange exchange, long at, FraudMark? fraud = null)
    {
        Player first = exchange.First, second = exchange.Second;
        foreach (Player player in (ReadOnlySpan<Player>)[first, second])
        {
            Accrue(player, at);
            player.Online = player.Online && at <= player.SessionEndsAt;
        }
        long gold = exchange.GoldToFirst >= 0 ? Math.Min(exchange.GoldToFirst, second.Gold) : -Math.Min(-exchange.GoldToFirst, first.Gold);
        long goods = exchange.ItemsToFirst * exchange.ItemValue;
        first.Gold += gold;
        second.Gold -= gold;
        first.InventoryValue = Math.Max(0, first.InventoryValue + goods);
        second.InventoryValue = Math.Max(0, second.InventoryValue - goods);
        bool hasItem = exchange.ItemsToFirst != 0;
        TradeLeg firstLeg = Leg(first, gold, exchange.ItemsToFirst, exchange.FirstIp), secondLeg = Leg(second, -gold, -exchange.ItemsToFirst, null);
        return new TradeAction(Dice.Key(at), at, fraud, firstLeg, secondLeg, exchange.Channel,
            hasItem ? exchange.ItemId : "", hasItem ? exchange.ItemValue : 0);
    }

    /// <summary>Adds what a player has earned by quests since the last time, and what prices have done to the inventory.</summary>
    public void Accrue(Player player, long at)
    {
        double days = (double)(at - player.AccruedAt) / Period.DayMs;
        if (days <= 0)
        {
            return;
        }
        double income = player.UsualTrade / Settings.TradeShare * Settings.DailyIncome * Math.Min(days, MostDaysOfIncome);
        player.Gold += (long)(income * Dice.Between(0.3, 1.7));
        player.InventoryValue = (long)(player.InventoryValue * Market.Level(at) / Market.Level(player.AccruedAt));
        player.AccruedAt = at;
    }

    private static TradeLeg Leg(Player player, long gold, int items, string? ip)
        => new(player, player.Online, gold, player.Gold, items, player.InventoryValue, ip ?? player.Where.Ip);

    private City[] Inhabited(Geography geography)
    {
        City[] cities = [.. geography.Cities.Where(_ => Dice.Chance(Settings.Cities))];
        return cities.Length >= 2 ? cities : [.. geography.Cities];
    }
}

/// <summary>What changes hands between two players, seen from the first; gold is capped by what the giver has.</summary>
/// <param name="FirstIp">Where the first acts from, if somebody else acts in their session; else null.</param>
public readonly record struct Exchange(Player First, Player Second, long GoldToFirst, int ItemsToFirst, long ItemValue, TradeChannel Channel, string ItemId,
    string? FirstIp = null);
