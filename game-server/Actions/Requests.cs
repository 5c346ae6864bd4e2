using System.ComponentModel;

namespace Game.GameServer.Actions;

/// <summary>What a player sends to log in. Every field is nullable, so that the server's own check names a missing one.</summary>
internal sealed class SessionRequest
{
    [Description("1 to 128 bytes of UTF-8.")]
    public string? UserId { get; init; }

    [Description("1 to 256 bytes of UTF-8.")]
    public string? Secret { get; init; }

    [Description("0 to 128 bytes of UTF-8.")]
    public string? DeviceId { get; init; }

    [Description("0 to 128 bytes of UTF-8.")]
    public string? ClientVersion { get; init; }
}

/// <summary>One side of a trade.</summary>
internal sealed class TradeSideRequest
{
    [Description("The token of a side that is online. Exactly one of session_token and user_id is given.")]
    public string? SessionToken { get; init; }

    [Description("The player of a side that is offline.")]
    public string? UserId { get; init; }

    [Description("Gold gained, negative where given.")]
    public long? GoldDelta { get; init; }

    [Description("Gold after the trade.")]
    public long? GoldBalance { get; init; }

    [Description("Pieces gained, negative where given; 0 where it is left out.")]
    public long? ItemDelta { get; init; }

    [Description("Market value of the inventory after the trade, in gold.")]
    public long? InventoryValue { get; init; }
}

/// <summary>A trade that the game's world has completed.</summary>
internal sealed class TradeRequest
{
    [Description("1 to 128 bytes of UTF-8; the first side's event id where it is left out.")]
    public string? TradeId { get; init; }

    [Description("direct, auction, mail or guild-bank.")]
    public string? Channel { get; init; }

    [Description("Empty or left out when only gold moved.")]
    public string? ItemId { get; init; }

    [Description("Market value of one piece, in gold.")]
    public long? ItemValue { get; init; }

    public TradeSideRequest? First { get; init; }

    public TradeSideRequest? Second { get; init; }
}

/// <summary>A frame of the stream: its envelope and, flat beside it, the fields of a login or of a trade.</summary>
internal sealed class StreamRequest
{
    public long? N { get; init; }

    public string? Type { get; init; }

    public string? IdempotencyKey { get; init; }

    public string? Traceparent { get; init; }

    public string? UserId { get; init; }

    public string? Secret { get; init; }

    public string? DeviceId { get; init; }

    public string? ClientVersion { get; init; }

    public string? ClientAddress { get; init; }

    public string? TradeId { get; init; }

    public string? Channel { get; init; }

    public string? ItemId { get; init; }

    public long? ItemValue { get; init; }

    public TradeSideRequest? First { get; init; }

    public TradeSideRequest? Second { get; init; }

    public SessionRequest ToSession() => new() { UserId = UserId, Secret = Secret, DeviceId = DeviceId, ClientVersion = ClientVersion };

    public TradeRequest ToTrade() => new() { TradeId = TradeId, Channel = Channel, ItemId = ItemId, ItemValue = ItemValue, First = First, Second = Second };
}
