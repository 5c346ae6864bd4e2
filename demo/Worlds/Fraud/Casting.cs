using System.Globalization;
using Game.Contracts;

namespace Game.Worlds.Fraud;

/// <summary>Finds the accounts and the places of campaigns. No account is in two campaigns.</summary>
internal sealed class Casting
{
    /// <summary>Accounts that fraudsters open early, for each campaign. They play as new players do, until a campaign uses them.</summary>
    private const int SparesPerCampaign = 2;

    private readonly GameWorld _world;
    private readonly HashSet<Player> _used = [];
    private readonly Player[] _spares;
    private int _campaigns;

    /// <param name="world">Whose players are used.</param>
    /// <param name="period">The time of the campaigns.</param>
    /// <param name="campaigns">How many there will be, about.</param>
    public Casting(GameWorld world, Period period, int campaigns)
    {
        _world = world;
        Period ready = new(period.FromMs - 20 * Period.DayMs, period.UntilMs);
        _spares = [.. Enumerable.Range(0, campaigns * SparesPerCampaign).Select(_ => world.Open(PlayerKind.Newcomer, ready.Pick(world.Dice)))];
    }

    public GameWorld World => _world;

    public string NextId() => string.Create(CultureInfo.InvariantCulture, $"c-{++_campaigns:D4}");

    /// <summary>An account with something to take, which is alive at the time; null when none is left.</summary>
    public Player? Victim(long at, Func<Player, bool>? fits = null)
        => Unused(at, player => IsWorthIt(player, at) && (fits is null || fits(player)));

    /// <summary>The account whose owner has been away for the longest time.</summary>
    public Player? Sleeper(long at)
    {
        Player? sleeper = _world.Players.Where(player => IsWorthIt(player, at) && player.LastLoginAt > 0
            && player.LastLoginAt < at - 10 * Period.DayMs && !_used.Contains(player)).MinBy(player => player.LastLoginAt);
        if (sleeper is not null)
        {
            _used.Add(sleeper);
        }
        return sleeper;
    }

    /// <summary>An account that gets what is stolen: one that fraudsters have had ready for some days, or bought from an honest player.</summary>
    public Player Mule(long at)
    {
        if (_world.Dice.Chance(0.4) && Unused(at, player => player.Kind == PlayerKind.Ordinary) is { } bought)
        {
            return bought;
        }
        return Array.Find(_spares, spare => spare.Rhythm.IsAlive(at) && spare.LastLoginAt > 0 && _used.Add(spare)) ?? Opened(at, days: 3);
    }

    /// <summary>An account that the campaign has opened within the days before.</summary>
    public Player Opened(long at, double days)
    {
        Player opened = _world.Open(PlayerKind.Ordinary, at - (long)(_world.Dice.Share() * days * Period.DayMs));
        _used.Add(opened);
        return opened;
    }

    public bool HasCompatriots(Player victim) => _world.Connections.HasCompatriots(victim.Connection.Home);

    public Presence Abroad(Player victim) => At(_world.Connections.Elsewhere(victim.Connection.Home, sameCountry: false));

    public Presence SameCountry(Player victim) => At(_world.Connections.Elsewhere(victim.Connection.Home, sameCountry: true));

    /// <summary>The victim's city, and often its provider.</summary>
    public Presence Near(Player victim)
    {
        City home = victim.Connection.Home;
        return At(_world.Dice.Pick<Network>([victim.Connection.Line, victim.Connection.Line, home.Mobile, _world.Dice.Pick(home.Fixed)]));
    }

    /// <summary>An exit of a VPN in the victim's country, where there is one; else one of the thief's own.</summary>
    public Presence Vpn(Player victim)
    {
        Presence[] exits = [.. _world.VpnExits.Where(exit => exit.Network.Country == victim.Connection.Home.Country)];
        return exits.Length > 0 ? _world.Dice.Pick(exits) with { DeviceId = _world.NewDevice() } : At(victim.Connection.Home.Hosting);
    }

    /// <summary>A thief's device and address at a network.</summary>
    public Presence At(Network network) => new(network, network.Address(_world.Dice.Bits()), _world.NewDevice());

    private static bool IsWorthIt(Player player, long at)
        => !player.InCampaign && player.Kind != PlayerKind.Treasury && player.Rhythm.IsAlive(at - Period.DayMs) && player.Wealth > 50;

    private Player? Unused(long at, Func<Player, bool> fits)
    {
        for (int attempt = 0; attempt < 500; attempt++)
        {
            Player player = _world.Dice.Pick(_world.Players);
            if (!player.InCampaign && player.Rhythm.IsAlive(at) && fits(player) && _used.Add(player))
            {
                return player;
            }
        }
        return null;
    }
}
