namespace Game.Worlds;

/// <summary>Says where honest players log in from.</summary>
internal sealed class Connections(GameWorld world)
{
    /// <summary>The highest plausible speed of a traveller, km/h; an honest journey is never faster.</summary>
    private const double AirlinerKmh = 700;

    private readonly Dice _dice = world.Dice;

    /// <summary>The line at home with a device; it renews nothing.</summary>
    public Presence AtHome(Player player, string device, long at)
    {
        Connection own = player.Connection;
        // Another numbering of the network gives every line another address.
        uint host = own.Host + world.Calendar.NumberingOf(own.Line, at) * 0x9E3779B9;
        return new Presence(own.Line, own.Line.Address(host), device);
    }

    /// <summary>Where a player logs in from at an instant: usually from home, sometimes over the mobile network, or wherever the player's kind plays.</summary>
    public Presence Usual(Player player, long at)
    {
        Connection own = player.Connection;
        string device = RenewDevice(player, at);
        Move(player, at);
        BeginJourney(player, at, device);
        if (at < own.AwayUntil)
        {
            return OnJourney(own, device);
        }
        if (own.Places.Count > 0 && _dice.Chance(own.PlacesShare) && !(own.PlacesOnWeekdays && Calendar.IsWeekend(at)))
        {
            Presence place = _dice.Pick(own.Places);
            return place.DeviceId.Length > 0 ? place : place with { DeviceId = device };
        }
        if (_dice.Chance(own.MobileShare))
        {
            return new Presence(own.Home.Mobile, own.Home.Mobile.Address(_dice.Bits()), device);
        }
        if (at >= own.LeaseEndsAt)
        {
            own.Host = _dice.Bits();
            own.LeaseEndsAt = at + Days(world.Settings.LeaseDays);
        }
        return AtHome(player, device, at);
    }

    /// <summary>Gives a player another address in the midst of a session, as mobile networks and gateways do; mostly the same one.</summary>
    public void MoveOn(Player player)
    {
        Network network = player.Where.Network;
        if (network is { Kind: NetworkKind.Mobile } && _dice.Chance(0.1))
        {
            player.Where = player.Where with { Ip = network.Address(_dice.Bits()) };
        }
        else if (player.Kind == PlayerKind.BehindGateway && network == player.Connection.Places[0].Network && _dice.Chance(0.2))
        {
            player.Where = player.Where with { Ip = _dice.Pick(player.Connection.Places).Ip };
        }
        else if (player.Kind is PlayerKind.VpnUser or PlayerKind.Roamer && _dice.Chance(0.03))
        {
            // The tunnel breaks, or the telephone finds a wireless network.
            player.Where = AtHome(player, player.Where.DeviceId, player.LastLoginAt);
        }
    }

    /// <summary>Whether others of the world live in another city of the same country.</summary>
    public bool HasCompatriots(City home) => world.Cities.Any(city => city.Index != home.Index && city.Country == home.Country);

    /// <summary>A network in another city: of the same country if that is asked for and there is one, else of another country.</summary>
    public Network Elsewhere(City home, bool sameCountry)
    {
        City[] cities = [.. world.Cities.Where(city => city.Index != home.Index && (city.Country == home.Country) == sameCountry)];
        return cities.Length > 0 ? _dice.Pick(_dice.Pick(cities).Fixed) : sameCountry ? Elsewhere(home, sameCountry: false) : home.Fixed[^1];
    }

    public long Days(double mean) => (long)(-Math.Log(1 - _dice.Share()) * mean * Period.DayMs);

    private string RenewDevice(Player player, long at)
    {
        Connection own = player.Connection;
        double days = player.LastLoginAt == 0 ? 0 : (double)(at - player.LastLoginAt) / Period.DayMs;
        bool returns = player.Kind == PlayerKind.Returner && days > 14;
        if (_dice.Chance(returns ? 0.5 : 1 - Math.Exp(-days / world.Settings.DeviceDays)))
        {
            own.Devices[_dice.Below(own.Devices.Count)] = world.NewDevice();
        }
        return _dice.Chance(0.8) ? own.Devices[0] : _dice.Pick(own.Devices);
    }

    private void Move(Player player, long at)
    {
        Connection own = player.Connection;
        if (at < own.MovesAt)
        {
            return;
        }
        own.MovesAt = long.MaxValue;
        own.Line = _dice.Chance(0.2) ? _dice.Pick(own.Home.Fixed) : Elsewhere(own.Home, sameCountry: _dice.Chance(0.8));
        own.Home = world.CityOf(own.Line);
        own.Host = _dice.Bits();
        if (_dice.Chance(0.6))
        {
            own.Devices[0] = world.NewDevice();
        }
    }

    // A traveller has been offline long enough to get there.
    private void BeginJourney(Player player, long at, string device)
    {
        Connection own = player.Connection;
        if (at < own.NextJourneyAt || at < own.AwayUntil)
        {
            return;
        }
        Network target = Elsewhere(own.Home, sameCountry: _dice.Chance(0.5));
        double hours = (double)(at - player.LastLoginAt) / Period.HourMs;
        if (player.LastLoginAt > 0 && Kilometres(player.Where.Network, target) <= hours * AirlinerKmh)
        {
            own.Away = new Presence(target, target.Address(_dice.Bits()), device);
            own.AwayUntil = at + (long)(_dice.Between(1, 12) * Period.DayMs);
            own.NextJourneyAt = own.AwayUntil + Days(own.JourneyEveryDays);
        }
    }

    private Presence OnJourney(Connection own, string device)
    {
        City there = world.CityOf(own.Away.Network);
        if (!own.Roams && _dice.Chance(0.8))
        {
            return own.Away with { DeviceId = device };
        }
        Network mobile = own.Roams && _dice.Chance(0.5) ? own.Home.Mobile : there.Mobile;
        return new Presence(mobile, mobile.Address(_dice.Bits()), device);
    }

    private static double Kilometres(Network a, Network b)
    {
        const double Radian = Math.PI / 180;
        double cosine = Math.Sin(a.Lat * Radian) * Math.Sin(b.Lat * Radian)
            + Math.Cos(a.Lat * Radian) * Math.Cos(b.Lat * Radian) * Math.Cos((a.Lon - b.Lon) * Radian);
        return 6371 * Math.Acos(Math.Clamp(cosine, -1, 1));
    }
}
