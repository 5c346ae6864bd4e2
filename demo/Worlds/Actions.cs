using Game.Contracts;

namespace Game.Worlds;

/// <summary>The planted campaign that an action is part of.</summary>
public sealed record FraudMark(string CampaignId, string Scenario);

/// <summary>An action of a player; the world decides all of it before it is due.</summary>
/// <param name="Key">The idempotency key, a UUIDv7.</param>
/// <param name="At">When it happens, epoch milliseconds.</param>
/// <param name="Fraud">The campaign it belongs to, null for an honest action.</param>
public abstract record GameAction(Guid Key, long At, FraudMark? Fraud);

/// <summary>A login over a network of the address table; <paramref name="CorrectSecret"/> false is a failed one.</summary>
public sealed record LoginAction(Guid Key, long At, FraudMark? Fraud, Player Player, Presence From, string ClientVersion, bool CorrectSecret)
    : GameAction(Key, At, Fraud);

/// <summary>One side of a completed trade.</summary>
/// <param name="Player">The player of this side.</param>
/// <param name="Online">Whether the world holds a session of this side.</param>
/// <param name="GoldDelta">Gold gained (positive) or given.</param>
/// <param name="GoldBalance">Gold afterwards.</param>
/// <param name="ItemDelta">Pieces gained or given.</param>
/// <param name="InventoryValue">Market value of the inventory afterwards.</param>
/// <param name="Ip">The address that the side acts from while it is online: the login's, unless somebody else acts in its session.</param>
public readonly record struct TradeLeg(Player Player, bool Online, long GoldDelta, long GoldBalance, int ItemDelta, long InventoryValue, string Ip);

/// <summary>A completed trade between two players.</summary>
public sealed record TradeAction(Guid Key, long At, FraudMark? Fraud, TradeLeg First, TradeLeg Second, TradeChannel Channel, string ItemId,
    long ItemValue) : GameAction(Key, At, Fraud);
