using Game.Worlds;

namespace Game.Simulator.World;

/// <summary>The network, address and device that a player is connected from.</summary>
public readonly record struct Presence(Network Network, string Ip, string DeviceId);

/// <summary>One simulated player: habits, which never change, and the current state in the game.</summary>
public sealed class Player
{
    public required int Index { get; init; }

    public required string UserId { get; init; }

    public required City Home { get; init; }

    public required Network HomeNetwork { get; init; }

    /// <summary>Most home providers keep a line's address for months.</summary>
    public required uint HomeHost { get; set; }

    /// <summary>Hour of the day (UTC) around which the player plays.</summary>
    public required int PlayHour { get; init; }

    /// <summary>Share of sessions over the mobile network, 0 to 1.</summary>
    public required double MobileShare { get; init; }

    /// <summary>Pieces of gold that a usual trade of this player moves.</summary>
    public required double UsualTrade { get; init; }

    public required string ClientVersion { get; set; }

    public required List<string> Devices { get; init; }

    public List<int> Friends { get; } = [];

    public required long Gold { get; set; }

    public required long InventoryValue { get; set; }

    public long Wealth => Gold + InventoryValue;

    /// <summary>Whether the world holds a session of the player.</summary>
    public bool Online { get; set; }

    public Presence Where { get; set; }

    /// <summary>Epoch milliseconds of the last login.</summary>
    public long LastLoginAt { get; set; }

    /// <summary>Epoch milliseconds at which the session ends; only history uses it.</summary>
    public long SessionEndsAt { get; set; }

    /// <summary>Whether a campaign uses the account now; the honest player does nothing in this time.</summary>
    public bool InCampaign { get; set; }
}
