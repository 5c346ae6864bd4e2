namespace Game.Worlds;

/// <summary>Where one player connects from and with what: habits, and what has become of them.</summary>
public sealed class Connection
{
    public required City Home { get; set; }

    /// <summary>The network of the line at home.</summary>
    public required Network Line { get; set; }

    /// <summary>Which line it is; another number gives another address.</summary>
    public required uint Host { get; set; }

    /// <summary>When the provider gives the line another address, epoch milliseconds.</summary>
    public required long LeaseEndsAt { get; set; }

    /// <summary>Share of sessions over the mobile network.</summary>
    public required double MobileShare { get; init; }

    /// <summary>The devices, the usual one first.</summary>
    public required List<string> Devices { get; init; }

    /// <summary>
    /// Places that the player uses beside home: exits of a VPN, addresses of a gateway, seats of a café, a university, another person's home. A place
    /// without a device is used with the player's own.
    /// </summary>
    public IReadOnlyList<Presence> Places { get; init; } = [];

    public double PlacesShare { get; init; }

    /// <summary>Whether the places are used on days of the week only.</summary>
    public bool PlacesOnWeekdays { get; init; }

    /// <summary>When the player moves to another city; <see cref="long.MaxValue"/> for never.</summary>
    public long MovesAt { get; set; } = long.MaxValue;

    /// <summary>Days between journeys; 0 without any.</summary>
    public double JourneyEveryDays { get; init; }

    /// <summary>Whether the telephone's own provider serves the player abroad.</summary>
    public bool Roams { get; init; }

    public long NextJourneyAt { get; set; } = long.MaxValue;

    /// <summary>The network at the journey's end; what it says counts until <see cref="AwayUntil"/>.</summary>
    public Presence Away { get; set; }

    public long AwayUntil { get; set; }
}
