namespace Game.Worlds;

/// <summary>What is special about an honest player; false alerts are counted by it. Many look like a fraud in one way or another.</summary>
public enum PlayerKind
{
    /// <summary>Nothing is.</summary>
    Ordinary,

    /// <summary>Is away from home for days now and then, and plays from there.</summary>
    Traveller,

    /// <summary>Plays through a VPN provider, whose exits lie in several countries and are shared.</summary>
    VpnUser,

    /// <summary>Travels with a telephone that keeps its home network's addresses or gets the visited one's.</summary>
    Roamer,

    /// <summary>Shares few addresses with many lines of the provider, and changes between them (carrier-grade NAT).</summary>
    BehindGateway,

    /// <summary>Moves to another city within the world's days, to a new line, mostly with a new telephone.</summary>
    Mover,

    /// <summary>Plays from a university's network on weekdays and from home at weekends.</summary>
    Student,

    /// <summary>Plays in internet cafés: devices and addresses of many others.</summary>
    CafePlayer,

    /// <summary>Shares line and device with others, and hands wealth to them.</summary>
    FamilyMember,

    /// <summary>Two people in two places use the account.</summary>
    Sharer,

    /// <summary>Holds the wealth of a guild: gets many small deposits and pays out much.</summary>
    Treasury,

    /// <summary>Leads a guild: pays in and is paid much by its treasury.</summary>
    Officer,

    /// <summary>Is very rich and spends much at once.</summary>
    Whale,

    /// <summary>Gets presents from strangers while others watch.</summary>
    Streamer,

    /// <summary>Gives everything away and never returns.</summary>
    Quitter,

    /// <summary>Returns after weeks or months, often with a new telephone.</summary>
    Returner,

    /// <summary>Plays a few times a month.</summary>
    RarePlayer,

    /// <summary>Begins within the world's days, and is given something by friends.</summary>
    Newcomer,

    /// <summary>Buys and sells all day for a margin.</summary>
    Trader,

    /// <summary>Puts all into one kind of item, and sells all of it weeks later.</summary>
    Speculator,
}
