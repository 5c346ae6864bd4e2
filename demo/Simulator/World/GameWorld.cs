using Game.Contracts;
using Game.Worlds;

namespace Game.Simulator.World;

/// <summary>The players, and the actions of honest ones. Deterministic: the seed and the order of calls decide everything. Not thread-safe.</summary>
public sealed class GameWorld
{
    private const int MinFriends = 3;
    private const int MaxFriends = 10;

    /// <summary>The highest plausible speed of a traveller, km/h; an honest journey is never faster.</summary>
    private const double AirlinerKmh = 700;

    private static readonly string[] Items = ["sword", "bow", "shield", "potion", "gem", "ore", "herb", "scroll", "mount", "cloak", "ring", "rune"];
    private static readonly string[] Versions = ["4.1.0", "4.1.3", "4.2.0"];

    private readonly Geography _geography;

    /// <param name="seed">Decides the whole world.</param>
    /// <param name="players">How many, at least 10.</param>
    public GameWorld(int seed, int players, Geography geography)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(players, 10);
        _geography = geography;
        Dice = new Dice(seed);
        Players = [.. Enumerable.Range(0, players).Select(NewPlayer)];
        foreach (Player player in Players)
        {
            AddFriends(player);
        }
    }

    public Dice Dice { get; }

    public IReadOnlyList<Player> Players { get; }

    public static string UserId(int index) => $"u-{index:D7}";

    /// <summary>The honest login of a player at an instant: usually from home, sometimes mobile, rarely a journey, a new phone or a new line.</summary>
    public LoginAction HonestLogin(Player player, double dueMs, long epochMs)
    {
        Presence from = HonestPresence(player, epochMs);
        return Login(player, from, dueMs, epochMs, correctSecret: true, fraud: null);
    }

    /// <summary>A mistyped secret from where the player usually is.</summary>
    public LoginAction MistypedLogin(Player player, double dueMs, long epochMs)
        => Login(player, AtHome(player, player.Devices[0]), dueMs, epochMs, correctSecret: false, fraud: null);

    public LoginAction Login(Player player, Presence from, double dueMs, long epochMs, bool correctSecret, FraudMark? fraud)
    {
        if (correctSecret)
        {
            player.Online = true;
            player.Where = from;
            player.LastLoginAt = epochMs;
        }

        return new LoginAction(Dice.Key(epochMs), dueMs, fraud, player, from, player.ClientVersion, correctSecret);
    }

    /// <summary>An honest trade: a sale at about the market price, sometimes an expensive purchase or a gift to a friend.</summary>
    public TradeAction HonestTrade(Player player, double dueMs, long epochMs)
    {
        Player other = Counterparty(player);
        if (Dice.Chance(0.05) && player.Friends.Contains(other.Index))
        {
            return Gift(player, other, dueMs, epochMs);
        }
        bool buys = Dice.Chance(0.5);
        (Player seller, Player buyer) = buys ? (other, player) : (player, other);
        double value = Dice.LogNormal(player.UsualTrade, 0.7) * (Dice.Chance(0.01) ? Dice.Between(4, 10) : 1);
        long itemValue = (long)Math.Clamp(value, 1, Math.Max(1, Math.Min(buyer.Gold * 0.4, seller.InventoryValue * 0.4)));
        long price = (long)Math.Max(1, itemValue * Dice.Between(0.92, 1.08));
        TradeChannel channel = Dice.Chance(0.6) ? TradeChannel.Auction : TradeChannel.Direct;
        return Apply(new Exchange(player, other, buys ? -price : price, buys ? 1 : -1, itemValue, channel, Dice.Pick(Items)), dueMs, epochMs, fraud: null);
    }

    /// <summary>Changes the wealth of both players by an exchange and returns the action that reports the trade.</summary>
    public TradeAction Apply(Exchange exchange, double dueMs, long epochMs, FraudMark? fraud)
    {
        Player first = exchange.First, second = exchange.Second;
        long gold = exchange.GoldToFirst >= 0 ? Math.Min(exchange.GoldToFirst, second.Gold) : -Math.Min(-exchange.GoldToFirst, first.Gold);
        long goods = exchange.ItemsToFirst * exchange.ItemValue;
        first.Gold += gold;
        second.Gold -= gold;
        first.InventoryValue = Math.Max(0, first.InventoryValue + goods);
        second.InventoryValue = Math.Max(0, second.InventoryValue - goods);
        string item = exchange.ItemsToFirst == 0 ? "" : exchange.ItemId;
        return new TradeAction(Dice.Key(epochMs), dueMs, fraud,
            new TradeLeg(first, first.Online, gold, first.Gold, exchange.ItemsToFirst, first.InventoryValue),
            new TradeLeg(second, second.Online, -gold, second.Gold, -exchange.ItemsToFirst, second.InventoryValue),
            exchange.Channel, item, exchange.ItemsToFirst == 0 ? 0 : exchange.ItemValue);
    }

    /// <summary>A network in another city than the player's, of the same country or not.</summary>
    public Network ForeignNetwork(Player player, bool sameCountry)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            City city = Dice.Pick(_geography.Cities);
            if (city.Index != player.Home.Index && (city.Country == player.Home.Country) == sameCountry)
            {
                return Dice.Pick(city.Fixed);
            }
        }

        return sameCountry ? ForeignNetwork(player, sameCountry: false) : _geography.Cities[(player.Home.Index + 1) % _geography.Cities.Count].Fixed[0];
    }

    public string NewDevice() => $"d-{Dice.Bits():x8}";

    private Presence HonestPresence(Player player, long epochMs)
    {
        string device = Dice.Chance(0.8) ? player.Devices[0] : Dice.Pick(player.Devices);
        if (Dice.Chance(0.002)) // a new phone or computer
        {
            device = NewDevice();
            player.Devices.Add(device);
        }

        if (Dice.Chance(player.MobileShare))
        {
            return new Presence(player.Home.Mobile, player.Home.Mobile.Address(Dice.Bits()), device);
        }
        if (Dice.Chance(0.002) && Journey(player, epochMs) is { } journey)
        {
            return new Presence(journey, journey.Address(Dice.Bits()), device);
        }
        if (Dice.Chance(0.03)) // the provider gave the line another address of its block
        {
            player.HomeHost = Dice.Bits();
        }
        return AtHome(player, device);
    }

    private static Presence AtHome(Player player, string device) => new(player.HomeNetwork, player.HomeNetwork.Address(player.HomeHost), device);

    // A traveller has been offline long enough to fly there, and keeps the device.
    private Network? Journey(Player player, long epochMs)
    {
        Network target = ForeignNetwork(player, sameCountry: Dice.Chance(0.6));
        double hours = (epochMs - player.LastLoginAt) / 3_600_000.0;
        return player.LastLoginAt > 0 && Kilometres(player.Where.Network, target) <= hours * AirlinerKmh ? target : null;
    }

    private static double Kilometres(Network a, Network b)
    {
        const double Radian = Math.PI / 180;
        double cosine = Math.Sin(a.Lat * Radian) * Math.Sin(b.Lat * Radian)
            + Math.Cos(a.Lat * Radian) * Math.Cos(b.Lat * Radian) * Math.Cos((a.Lon - b.Lon) * Radian);
        return 6371 * Math.Acos(Math.Clamp(cosine, -1, 1));
    }

    private TradeAction Gift(Player giver, Player friend, double dueMs, long epochMs)
    {
        long gold = (long)(giver.Gold * (Dice.Chance(0.02) ? Dice.Between(0.1, 0.25) : Dice.Between(0.005, 0.05)));
        return Apply(new Exchange(giver, friend, -gold, 0, 0, TradeChannel.Mail, ""), dueMs, epochMs, fraud: null);
    }

    private Player Counterparty(Player player)
    {
        if (Dice.Chance(0.4))
        {
            return Players[Dice.Pick(player.Friends)];
        }
        int other = Dice.Below(Players.Count - 1);
        return Players[other >= player.Index ? other + 1 : other];
    }

    private Player NewPlayer(int index)
    {
        City home = Dice.Pick(_geography.Cities);
        long wealth = (long)Dice.LogNormal(20_000, 1.0) + 1_000;
        return new Player
        {
            Index = index,
            UserId = UserId(index),
            Home = home,
            HomeNetwork = Dice.Pick(home.Fixed),
            HomeHost = Dice.Bits(),
            PlayHour = Dice.Below(24),
            MobileShare = Dice.Chance(0.5) ? 0 : Dice.Between(0.05, 0.5),
            UsualTrade = wealth * Dice.Between(0.003, 0.02),
            ClientVersion = Dice.Pick(Versions),
            Devices = [NewDevice(), .. Dice.Chance(0.4) ? [NewDevice()] : Array.Empty<string>()],
            Gold = wealth / 2,
            InventoryValue = wealth / 2,
        };
    }

    private void AddFriends(Player player)
    {
        int count = MinFriends + Dice.Below(MaxFriends - MinFriends + 1);
        while (player.Friends.Count < Math.Min(count, Players.Count - 1))
        {
            int friend = Dice.Below(Players.Count);
            if (friend != player.Index && !player.Friends.Contains(friend))
            {
                player.Friends.Add(friend);
            }
        }
    }
}

/// <summary>What changes hands between two players, seen from the first; gold is capped by what the giver has.</summary>
public readonly record struct Exchange(Player First, Player Second, long GoldToFirst, int ItemsToFirst, long ItemValue, TradeChannel Channel, string ItemId);
