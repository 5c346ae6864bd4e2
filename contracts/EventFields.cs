namespace Game.Contracts;

/// <summary>The fields of login and trade: one table of names, shared by encoder and decoder.</summary>
internal enum EventField
{
    Type,
    EventId,
    UserId,
    Ts,
    ServerId,
    SessionId,
    Ip,
    Country,
    Asn,
    Lat,
    Lon,
    DeviceId,
    ClientVersion,
    Outcome,
    TradeId,
    CounterpartyId,
    Channel,
    GoldDelta,
    GoldBalance,
    ItemId,
    ItemDelta,
    ItemValue,
    InventoryValue,
    Unknown,
}

internal static class EventFields
{
    /// <summary>JSON names, by <see cref="EventField"/>.</summary>
    public static readonly string[] Names =
    [
        "type", "event_id", "user_id", "ts", "server_id", "session_id", "ip", "country", "asn", "lat", "lon", "device_id", "client_version", "outcome",
        "trade_id", "counterparty_id", "channel", "gold_delta", "gold_balance", "item_id", "item_delta", "item_value", "inventory_value",
    ];

    private const uint Common = 1u << (int)EventField.Type | 1u << (int)EventField.EventId | 1u << (int)EventField.UserId | 1u << (int)EventField.Ts
        | 1u << (int)EventField.ServerId | 1u << (int)EventField.SessionId | 1u << (int)EventField.Ip;

    /// <summary>Bits (by <see cref="EventField"/>) that a login must have; country, asn and position are optional.</summary>
    public const uint RequiredByLogin = Common | 1u << (int)EventField.DeviceId | 1u << (int)EventField.ClientVersion | 1u << (int)EventField.Outcome;

    /// <summary>Bits that a trade must have.</summary>
    public const uint RequiredByTrade = Common | 1u << (int)EventField.TradeId | 1u << (int)EventField.CounterpartyId | 1u << (int)EventField.Channel
        | 1u << (int)EventField.GoldDelta | 1u << (int)EventField.GoldBalance | 1u << (int)EventField.ItemId | 1u << (int)EventField.ItemDelta
        | 1u << (int)EventField.ItemValue | 1u << (int)EventField.InventoryValue;

    public static EventField Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("ts"u8) => EventField.Ts,
        2 when name.SequenceEqual("ip"u8) => EventField.Ip,
        3 when name.SequenceEqual("asn"u8) => EventField.Asn,
        3 when name.SequenceEqual("lat"u8) => EventField.Lat,
        3 when name.SequenceEqual("lon"u8) => EventField.Lon,
        4 when name.SequenceEqual("type"u8) => EventField.Type,
        7 when name.SequenceEqual("user_id"u8) => EventField.UserId,
        7 when name.SequenceEqual("country"u8) => EventField.Country,
        7 when name.SequenceEqual("outcome"u8) => EventField.Outcome,
        7 when name.SequenceEqual("channel"u8) => EventField.Channel,
        7 when name.SequenceEqual("item_id"u8) => EventField.ItemId,
        8 when name.SequenceEqual("event_id"u8) => EventField.EventId,
        8 when name.SequenceEqual("trade_id"u8) => EventField.TradeId,
        9 when name.SequenceEqual("server_id"u8) => EventField.ServerId,
        9 when name.SequenceEqual("device_id"u8) => EventField.DeviceId,
        10 when name.SequenceEqual("session_id"u8) => EventField.SessionId,
        10 when name.SequenceEqual("gold_delta"u8) => EventField.GoldDelta,
        10 when name.SequenceEqual("item_delta"u8) => EventField.ItemDelta,
        10 when name.SequenceEqual("item_value"u8) => EventField.ItemValue,
        12 when name.SequenceEqual("gold_balance"u8) => EventField.GoldBalance,
        14 when name.SequenceEqual("client_version"u8) => EventField.ClientVersion,
        15 when name.SequenceEqual("counterparty_id"u8) => EventField.CounterpartyId,
        15 when name.SequenceEqual("inventory_value"u8) => EventField.InventoryValue,
        _ => EventField.Unknown,
    };
}
