namespace Game.Contracts;

/// <summary>The fields of login and trade by their index in <see cref="EventFields.All"/>.</summary>
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
        Text("type", EventKinds.Both, e => e.Kind == EventKind.Login ? "login" : "trade", EventKinds.Both),
        new EventField<Guid>("event_id", FieldType.Text, EventKinds.Both, EventKinds.Both, IsOptional: false) { Read = e => e.EventId },
        Text("user_id", EventKinds.Both, e => e.UserId, EventKinds.Both),
        Number("ts", EventKinds.Both, e => e.Ts, EventKinds.None) with { Type = FieldType.Time },
        Text("server_id", EventKinds.Both, e => e.ServerId, EventKinds.None),
        Text("session_id", EventKinds.Both, e => e.SessionId, EventKinds.None),
        Text("ip", EventKinds.Both, e => e.Ip, EventKinds.Login),
        Text("country", EventKinds.Login, e => (e as LoginEvent)?.Country, EventKinds.None) with { IsOptional = true },
        Number("asn", EventKinds.Login, e => (e as LoginEvent)?.Asn, EventKinds.None) with { IsOptional = true },
        Degrees("lat", login => login.Lon is null ? null : login.Lat),
        Degrees("lon", login => login.Lat is null ? null : login.Lon),
        Text("device_id", EventKinds.Login, e => (e as LoginEvent)?.DeviceId, EventKinds.Login),
        Text("client_version", EventKinds.Login, e => (e as LoginEvent)?.ClientVersion, EventKinds.Login),
        Text("outcome", EventKinds.Login, e => e is LoginEvent login ? ContractText.Of(login.Outcome) : null, EventKinds.Login),
        Text("trade_id", EventKinds.Trade, e => (e as TradeEvent)?.TradeId, EventKinds.Trade),
        Text("counterparty_id", EventKinds.Trade, e => (e as TradeEvent)?.CounterpartyId, EventKinds.Trade),
        Text("channel", EventKinds.Trade, e => e is TradeEvent trade ? ContractText.Of(trade.Channel) : null, EventKinds.Trade),
        Number("gold_delta", EventKinds.Trade, e => (e as TradeEvent)?.GoldDelta, EventKinds.Trade),
        Number("gold_balance", EventKinds.Trade, e => (e as TradeEvent)?.GoldBalance, EventKinds.Trade),
        Text("item_id", EventKinds.Trade, e => (e as TradeEvent)?.ItemId, EventKinds.Trade),
        new EventField<int?>("item_delta", FieldType.Int32, EventKinds.Trade, EventKinds.Trade, IsOptional: false) { Read = e => (e as TradeEvent)?.ItemDelta },
        Number("item_value", EventKinds.Trade, e => (e as TradeEvent)?.ItemValue, EventKinds.Trade),
        Number("inventory_value", EventKinds.Trade, e => (e as TradeEvent)?.InventoryValue, EventKinds.Trade),
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

    private static EventField<string> Text(string name, EventKinds kinds, Func<PlayerEvent, string?> read, EventKinds content)
        => new(name, FieldType.Text, kinds, content, IsOptional: false) { Read = read };

    private static EventField<long?> Number(string name, EventKinds kinds, Func<PlayerEvent, long?> read, EventKinds content)
        => new(name, FieldType.Int64, kinds, content, IsOptional: false) { Read = read };

    private static EventField<double?> Degrees(string name, Func<LoginEvent, double?> read)
        => new(name, FieldType.Double, EventKinds.Login, EventKinds.None, IsOptional: true) { Read = e => e is LoginEvent login ? read(login) : null };

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
