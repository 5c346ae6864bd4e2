namespace Game.Worlds;

/// <summary>The network, address and device that a player is connected from.</summary>
public readonly record struct Presence(Network Network, string Ip, string DeviceId);

/// <summary>One simulated player: habits, which seldom change, and the current state in the game.</summary>
public sealed class Player
{
    public required int Index { get; init; }

    public required string UserId { get; init; }

    public required PlayerKind Kind { get; init; }

    /// <summary>Where the player connects from, and with what.</summary>
    public required Connection Connection { get; init; }

    public required Rhythm Rhythm { get; init; }

    /// <summary>Worth of a usual trade, gold pieces.</summary>
    public required double UsualTrade { get; init; }

    public required string ClientVersion { get; set; }

    /// <summary>Whom the player trades with often.</summary>
    public List<Player> Friends { get; } = [];

    /// <summary>The account that holds the wealth of the player's guild; null without a guild.</summary>
    public Player? Treasury { get; set; }

    /// <summary>Of a treasury: the players of its guild.</summary>
    public List<Player> Members { get; } = [];

    /// <summary>What a speculator has put all into; null without.</summary>
    public Item? Holding { get; set; }

    /// <summary>When a speculator begins to think of selling, epoch milliseconds.</summary>
    public long HoldsUntil { get; set; }

    public required long Gold { get; set; }

    /// <summary>Market value of the inventory, gold pieces.</summary>
    public required long InventoryValue { get; set; }

    public long Wealth => Gold + InventoryValue;

    /// <summary>When income and prices were last added to the wealth, epoch milliseconds.</summary>
    public required long AccruedAt { get; set; }

    /// <summary>Whether the world holds a session of the player.</summary>
    public bool Online { get; set; }

    public Presence Where { get; set; }

    /// <summary>Epoch milliseconds of the last login.</summary>
    public long LastLoginAt { get; set; }

    /// <summary>Epoch milliseconds at which the session ends.</summary>
    public long SessionEndsAt { get; set; }

    /// <summary>Whether a campaign uses the account now; the honest player does nothing in this time.</summary>
    public bool InCampaign { get; set; }
}
