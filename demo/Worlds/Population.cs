namespace Game.Worlds;

/// <summary>Makes the players of a world: homes, devices, households, guilds and friends.</summary>
internal sealed class Population(GameWorld world, Period period)
{
    private const int MinFriends = 3, MaxFriends = 10;
    private const int SmallestGuild = 8, LargestGuild = 40;
    private static readonly string[] Versions = ["4.1.0", "4.1.3", "4.2.0"];

    // How common each kind is among the special players of a usual world; a world's own shares differ by up to three times either way.
    private static readonly (PlayerKind Kind, double Weight)[] Kinds =
    [
        (PlayerKind.Traveller, 8), (PlayerKind.VpnUser, 8), (PlayerKind.Roamer, 6), (PlayerKind.BehindGateway, 12), (PlayerKind.Mover, 6),
        (PlayerKind.Student, 8), (PlayerKind.CafePlayer, 4), (PlayerKind.FamilyMember, 10), (PlayerKind.Sharer, 4), (PlayerKind.Officer, 4),
        (PlayerKind.Whale, 3), (PlayerKind.Streamer, 1), (PlayerKind.Quitter, 4), (PlayerKind.Returner, 6), (PlayerKind.RarePlayer, 10),
        (PlayerKind.Newcomer, 12), (PlayerKind.Trader, 4), (PlayerKind.Speculator, 3),
    ];

    private readonly Dice _dice = world.Dice;
    private readonly WorldSettings _settings = world.Settings;
    private readonly double[] _weights = [.. Kinds.Select(kind => kind.Weight * world.Dice.LogNormal(1, 0.6))];
    private readonly Dictionary<City, Presence[]> _cafes = [];

    public IReadOnlyList<Presence> VpnExits { get; private set; } = [];

    /// <summary>The players, with their friends and guilds.</summary>
    public List<Player> Make(int count)
    {
        VpnExits = [.. Enumerable.Range(0, 3 + _dice.Below(12)).Select(_ => _dice.Pick(world.Cities).Hosting)
            .Select(network => new Presence(network, network.Address(_dice.Bits()), ""))];
        List<Player> players = [];
        while (players.Count < count)
        {
            PlayerKind kind = _dice.Chance(_settings.SpecialPlayers) ? PickKind() : PlayerKind.Ordinary;
            int members = Math.Min(2 + _dice.Below(3), count - players.Count);
            players.AddRange(kind == PlayerKind.FamilyMember ? Household(players.Count, members) : [One(players.Count, kind)]);
        }
        FoundGuilds(players);
        players.ForEach(player => Befriend(player, players));
        return players;
    }

    /// <summary>A new account without friends.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="kind">What it looks like.</param>
    /// <param name="begins">When it begins, epoch milliseconds; null for before the period.</param>
    public Player One(int index, PlayerKind kind, long? begins = null)
    {
        City home = _dice.Pick(world.Cities);
        Rhythm rhythm = RhythmOf(kind, home, begins);
        double wealth = _dice.LogNormal(_settings.MedianWealth, _settings.WealthSigma) * kind switch
        {
            PlayerKind.Whale => _dice.Between(10, 60),
            PlayerKind.Treasury => _dice.Between(5, 40),
            PlayerKind.Trader => _dice.Between(1, 8),
            _ => 1,
        };
        wealth = rhythm.BeginsAt > period.FromMs ? Math.Max(20, wealth * _dice.Between(0.002, 0.03)) : wealth + 100;
        double gold = Math.Clamp(_settings.GoldShare * _dice.LogNormal(1, 0.5), 0.03, 0.95);
        return new Player
        {
            Index = index,
            UserId = GameWorld.UserId(index),
            Kind = kind,
            Connection = ConnectionOf(kind, home),
            Rhythm = rhythm,
            UsualTrade = Math.Max(1, wealth * _settings.TradeShare * _dice.LogNormal(1, 0.5)),
            ClientVersion = _dice.Pick(Versions),
            Gold = (long)(wealth * gold),
            InventoryValue = (long)(wealth * (1 - gold)),
            AccruedAt = Math.Max(rhythm.BeginsAt, period.FromMs),
        };
    }

    private PlayerKind PickKind()
    {
        double at = _dice.Share() * _weights.Sum();
        int kind = 0;
        while (kind < Kinds.Length - 1 && (at -= _weights[kind]) > 0)
        {
            kind++;
        }
        return Kinds[kind].Kind;
    }

    private Rhythm RhythmOf(PlayerKind kind, City home, long? begins)
    {
        double perDay = Math.Clamp(_dice.LogNormal(_settings.SessionsPerDay, _settings.SessionsSigma), 0.04, 6) * (kind switch
        {
            PlayerKind.RarePlayer => 0.12,
            PlayerKind.Trader or PlayerKind.Treasury => 1.8,
            _ => 1,
        });
        double trades = Math.Max(0.5, _dice.LogNormal(_settings.TradesPerSession, 0.5)) * (kind == PlayerKind.Trader ? _dice.Between(2, 6) : 1);
        // Most play in the evening of their own time, some at any hour.
        double local = _dice.Chance(0.75) ? 20 + _dice.Normal() * 2 : _dice.Between(0, 24);
        double peak = (local - home.Networks[0].Lon / 15 + 48) % 24;
        long begin = begins ?? (kind == PlayerKind.Newcomer ? period.Pick(_dice) : period.FromMs - (long)(_dice.Between(20, 900) * Period.DayMs));
        long end = kind == PlayerKind.Quitter ? period.Pick(_dice) : long.MaxValue;
        // Leaves within the first third, and returns before the end.
        long awayFrom = period.FromMs + (long)(_dice.Between(0.05, 0.33) * period.Days * Period.DayMs);
        Period away = kind == PlayerKind.Returner ? new Period(awayFrom, awayFrom + (long)(_dice.Between(0.3, 0.6) * period.Days * Period.DayMs)) : default;
        return new Rhythm(perDay, peak, _dice.Between(0.8, 3), trades, begin, end, away);
    }

    private Connection ConnectionOf(PlayerKind kind, City home)
    {
        Network line = _dice.Pick(home.Fixed);
        double mobile = _dice.Chance(_settings.FixedOnly) ? 0 : _dice.Between(0.05, 0.6);
        bool travels = kind is PlayerKind.Traveller or PlayerKind.Roamer;
        double journeys = travels ? _dice.Between(8, 30) : _dice.Chance(0.3) ? _dice.Between(60, 300) : 0;
        return new Connection
        {
            Home = home,
            Line = line,
            Host = _dice.Bits(),
            LeaseEndsAt = period.FromMs + world.Connections.Days(_settings.LeaseDays),
            MobileShare = kind == PlayerKind.Roamer ? Math.Max(0.3, mobile) : mobile,
            Devices = [world.NewDevice(), .. _dice.Chance(_settings.SecondDevices) ? [world.NewDevice()] : Array.Empty<string>()],
            Places = PlacesOf(kind, home, line),
            PlacesShare = kind switch
            {
                PlayerKind.Student => 0.85,
                PlayerKind.Sharer => _dice.Between(0.2, 0.6),
                PlayerKind.VpnUser => _dice.Between(0.2, 1),
                _ => _dice.Between(0.5, 1),
            },
            PlacesOnWeekdays = kind == PlayerKind.Student,
            MovesAt = kind == PlayerKind.Mover ? period.Pick(_dice) : long.MaxValue,
            JourneyEveryDays = journeys,
            NextJourneyAt = journeys > 0 ? period.FromMs + world.Connections.Days(journeys) : long.MaxValue,
            Roams = kind == PlayerKind.Roamer,
        };
    }

    private Presence[] PlacesOf(PlayerKind kind, City home, Network line) => kind switch
    {
        PlayerKind.VpnUser => [.. Enumerable.Range(0, 1 + _dice.Below(4)).Select(_ => _dice.Pick(VpnExits))],
        PlayerKind.BehindGateway => [.. Enumerable.Range(0, 4).Select(i => new Presence(line, line.Address((uint)i), ""))],
        PlayerKind.Student => [new Presence(home.Campus, home.Campus.Address((uint)_dice.Below(4)), "")],
        PlayerKind.CafePlayer => CafeOf(home),
        PlayerKind.Sharer => [SecondHome(home)],
        _ => [],
    };

    private Presence SecondHome(City home)
    {
        Network there = world.Connections.Elsewhere(home, sameCountry: _dice.Chance(0.7));
        return new Presence(there, there.Address(_dice.Bits()), world.NewDevice());
    }

    // One café in each city that has players of it: one address, some devices.
    private Presence[] CafeOf(City city)
    {
        if (!_cafes.TryGetValue(city, out Presence[]? seats))
        {
            Network line = _dice.Pick(city.Fixed);
            string ip = line.Address(_dice.Bits());
            _cafes[city] = seats = [.. Enumerable.Range(0, 6 + _dice.Below(10)).Select(_ => new Presence(line, ip, world.NewDevice()))];
        }
        return seats;
    }

    // The members have the first one's line, and some of them its device too.
    private Player[] Household(int index, int members)
    {
        Player first = One(index, PlayerKind.FamilyMember);
        Player[] all = [first, .. Enumerable.Range(index + 1, members - 1).Select(i => One(i, PlayerKind.FamilyMember))];
        Connection shared = first.Connection;
        shared.LeaseEndsAt = long.MaxValue;
        foreach (Connection other in all.Skip(1).Select(player => player.Connection))
        {
            (other.Home, other.Line, other.Host, other.LeaseEndsAt) = (shared.Home, shared.Line, shared.Host, shared.LeaseEndsAt);
            if (_dice.Chance(0.5))
            {
                other.Devices[0] = shared.Devices[0];
            }
        }
        foreach (Player player in all)
        {
            player.Friends.AddRange(all.Where(other => other != player));
        }
        return all;
    }

    /// <summary>Gives a player friends among all.</summary>
    public void Befriend(Player player, List<Player> all)
    {
        int wanted = Math.Min(player.Friends.Count + MinFriends + _dice.Below(MaxFriends - MinFriends + 1), all.Count - 1);
        while (player.Friends.Count < wanted)
        {
            Player friend = _dice.Pick(all);
            if (friend != player && !player.Friends.Contains(friend))
            {
                player.Friends.Add(friend);
            }
        }
    }

    // Neighbours in the list found guilds; one account of each is made its treasury.
    private void FoundGuilds(List<Player> players)
    {
        for (int i = 0; i + SmallestGuild < players.Count;)
        {
            int size = Math.Min(SmallestGuild + _dice.Below(LargestGuild - SmallestGuild), players.Count - i);
            int treasurer = players.FindIndex(i, size, player => player.Kind == PlayerKind.Ordinary);
            if (treasurer >= 0 && _dice.Chance(0.5))
            {
                Player treasury = players[treasurer] = One(treasurer, PlayerKind.Treasury);
                treasury.Members.AddRange(players.GetRange(i, size).Where(member => member != treasury));
                treasury.Members.ForEach(member => member.Treasury = treasury);
            }
            i += size;
        }
    }
}
