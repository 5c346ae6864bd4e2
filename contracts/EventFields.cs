namespace Game.Contracts;

/// <summary>Kinds of event, as a set.</summary>
[Flags]
public enum EventKinds : byte
{
    None = 0,
    Login = 1,
    Trade = 2,
    Both = Login | Trade,
}

/// <summary>What a field holds, as tables store it.</summary>
public enum FieldType : byte
{
    Text,

    /// <summary>Epoch milliseconds UTC.</summary>
    Time,
    Int32,
    Int64,
    Double,
}

/// <summary>One field of login and trade.</summary>
/// <param name="Name">Its name in JSON, in Parquet and in SQL.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Kinds">The kinds of event that have it.</param>
/// <param name="Content">The kinds in which it is content: an event with the same id that differs in it is another event, see
/// <see cref="EventContent"/>.</param>
/// <param name="IsOptional">Whether an event of those kinds may lack it.</param>
public sealed record EventField(string Name, FieldType Type, EventKinds Kinds, EventKinds Content = EventKinds.None, bool IsOptional = false);

/// <summary>The fields of login and trade by their place in <see cref="EventFields.All"/>.</summary>
internal enum FieldIndex
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

/// <summary>The one table of the fields of login and trade.</summary>
public static class EventFields
{
    private static readonly EventField[] Table =
    [
        new("type", FieldType.Text, EventKinds.Both, EventKinds.Both),
        new("event_id", FieldType.Text, EventKinds.Both, EventKinds.Both),
        new("user_id", FieldType.Text, EventKinds.Both, EventKinds.Both),
        new("ts", FieldType.Time, EventKinds.Both),
        new("server_id", FieldType.Text, EventKinds.Both),
        new("session_id", FieldType.Text, EventKinds.Both),
        new("ip", FieldType.Text, EventKinds.Both, EventKinds.Login),
        new("country", FieldType.Text, EventKinds.Login, IsOptional: true),
        new("asn", FieldType.Int64, EventKinds.Login, IsOptional: true),
        new("lat", FieldType.Double, EventKinds.Login, IsOptional: true),
        new("lon", FieldType.Double, EventKinds.Login, IsOptional: true),
        new("device_id", FieldType.Text, EventKinds.Login, EventKinds.Login),
        new("client_version", FieldType.Text, EventKinds.Login, EventKinds.Login),
        new("outcome", FieldType.Text, EventKinds.Login, EventKinds.Login),
        new("trade_id", FieldType.Text, EventKinds.Trade, EventKinds.Trade),
        new("counterparty_id", FieldType.Text, EventKinds.Trade, EventKinds.Trade),
        new("channel", FieldType.Text, EventKinds.Trade, EventKinds.Trade),
        new("gold_delta", FieldType.Int64, EventKinds.Trade, EventKinds.Trade),
        new("gold_balance", FieldType.Int64, EventKinds.Trade, EventKinds.Trade),
        new("item_id", FieldType.Text, EventKinds.Trade, EventKinds.Trade),
        new("item_delta", FieldType.Int32, EventKinds.Trade, EventKinds.Trade),
        new("item_value", FieldType.Int64, EventKinds.Trade, EventKinds.Trade),
        new("inventory_value", FieldType.Int64, EventKinds.Trade, EventKinds.Trade),
    ];

    /// <summary>JSON names, by <see cref="FieldIndex"/>.</summary>
    internal static readonly string[] Names = [.. Table.Select(field => field.Name)];

    /// <summary>Bits (by <see cref="FieldIndex"/>) that a login must have.</summary>
    internal static readonly uint RequiredByLogin = Required(EventKinds.Login);

    /// <summary>Bits that a trade must have.</summary>
    internal static readonly uint RequiredByTrade = Required(EventKinds.Trade);

    /// <summary>In the order in which they are written.</summary>
    public static IReadOnlyList<EventField> All => Table;

    internal static FieldIndex Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when name.SequenceEqual("ts"u8) => FieldIndex.Ts,
        2 when name.SequenceEqual("ip"u8) => FieldIndex.Ip,
        3 when name.SequenceEqual("asn"u8) => FieldIndex.Asn,
        3 when name.SequenceEqual("lat"u8) => FieldIndex.Lat,
        3 when name.SequenceEqual("lon"u8) => FieldIndex.Lon,
        4 when name.SequenceEqual("type"u8) => FieldIndex.Type,
        7 when name.SequenceEqual("user_id"u8) => FieldIndex.UserId,
        7 when name.SequenceEqual("country"u8) => FieldIndex.Country,
        7 when name.SequenceEqual("outcome"u8) => FieldIndex.Outcome,
        7 when name.SequenceEqual("channel"u8) => FieldIndex.Channel,
        7 when name.SequenceEqual("item_id"u8) => FieldIndex.ItemId,
        8 when name.SequenceEqual("event_id"u8) => FieldIndex.EventId,
        8 when name.SequenceEqual("trade_id"u8) => FieldIndex.TradeId,
        9 when name.SequenceEqual("server_id"u8) => FieldIndex.ServerId,
        9 when name.SequenceEqual("device_id"u8) => FieldIndex.DeviceId,
        10 when name.SequenceEqual("session_id"u8) => FieldIndex.SessionId,
        10 when name.SequenceEqual("gold_delta"u8) => FieldIndex.GoldDelta,
        10 when name.SequenceEqual("item_delta"u8) => FieldIndex.ItemDelta,
        10 when name.SequenceEqual("item_value"u8) => FieldIndex.ItemValue,
        12 when name.SequenceEqual("gold_balance"u8) => FieldIndex.GoldBalance,
        14 when name.SequenceEqual("client_version"u8) => FieldIndex.ClientVersion,
        15 when name.SequenceEqual("counterparty_id"u8) => FieldIndex.CounterpartyId,
        15 when name.SequenceEqual("inventory_value"u8) => FieldIndex.InventoryValue,
        _ => FieldIndex.Unknown,
    };

    private static uint Required(EventKinds kind)
    {
        uint bits = 0;
        for (int i = 0; i < Table.Length; i++)
        {
            bits |= !Table[i].IsOptional && Table[i].Kinds.HasFlag(kind) ? 1u << i : 0;
        }

        return bits;
    }
}
