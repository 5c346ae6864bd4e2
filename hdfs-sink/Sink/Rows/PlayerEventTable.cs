using System.Text;
using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>One login or trade; what the other kind has is null.</summary>
internal sealed class PlayerEventValue
{
    public required EventKind Kind { get; init; }
    public required string EventId { get; init; }
    public required string UserId { get; init; }
    public required long Ts { get; init; }
    public required string ServerId { get; init; }
    public required string SessionId { get; init; }
    public required string Ip { get; init; }
    public string? Country { get; init; }
    public long? Asn { get; init; }
    public double? Lat { get; init; }
    public double? Lon { get; init; }
    public string? DeviceId { get; init; }
    public string? ClientVersion { get; init; }
    public string? Outcome { get; init; }
    public string? TradeId { get; init; }
    public string? CounterpartyId { get; init; }
    public string? Channel { get; init; }
    public long? GoldDelta { get; init; }
    public long? GoldBalance { get; init; }
    public string? ItemId { get; init; }
    public int? ItemDelta { get; init; }
    public long? ItemValue { get; init; }
    public long? InventoryValue { get; init; }
}

/// <summary>The table of <c>player-events</c>: logins and trades in one, filed by <c>ts</c>.</summary>
internal sealed class PlayerEventTable() : Table<PlayerEventValue>(Topics.PlayerEvents,
[
    Text("type", e => e.Kind == EventKind.Login ? "login" : "trade"),
    Text("event_id", e => e.EventId),
    Text("user_id", e => e.UserId),
    new TimeColumn<Row<PlayerEventValue>>("ts", row => row.Value?.Ts),
    Text("server_id", e => e.ServerId),
    Text("session_id", e => e.SessionId),
    Text("ip", e => e.Ip),
    Text("country", e => e.Country),
    Number("asn", e => e.Asn),
    Real("lat", e => e.Lat),
    Real("lon", e => e.Lon),
    Text("device_id", e => e.DeviceId),
    Text("client_version", e => e.ClientVersion),
    Text("outcome", e => e.Outcome),
    Text("trade_id", e => e.TradeId),
    Text("counterparty_id", e => e.CounterpartyId),
    Text("channel", e => e.Channel),
    Number("gold_delta", e => e.GoldDelta),
    Number("gold_balance", e => e.GoldBalance),
    Text("item_id", e => e.ItemId),
    new OptionalColumn<Row<PlayerEventValue>, int>("item_delta", row => row.Value?.ItemDelta),
    Number("item_value", e => e.ItemValue),
    Number("inventory_value", e => e.InventoryValue),
])
{
    protected override long TimeOf(PlayerEventValue value) => value.Ts;

    protected override IEnumerable<Row<PlayerEventValue>> Rows(IReadOnlyList<RawRecord> records)
    {
        EventDecoder decoder = new();
        TextCache texts = new();
        foreach (RawRecord record in records)
        {
            yield return Read(decoder, texts, record);
        }
    }

    private static Row<PlayerEventValue> Read(EventDecoder decoder, TextCache texts, RawRecord record)
    {
        if (record.Value is null || decoder.Decode(record.Value, out EventView view).IsFailure)
        {
            return new(record, null, null);
        }
        PlayerEventValue value = view.Kind == EventKind.Login ? Login(view, texts) : Trade(view, texts);
        return new(record, value, view.HasExtraFields ? ExtraFields.Read(record.Value) : null);
    }

    private static PlayerEventValue Login(in EventView e, TextCache texts) => new()
    {
        Kind = EventKind.Login,
        EventId = e.EventId.ToString(),
        UserId = String(e.UserId),
        Ts = e.Ts,
        ServerId = texts.Get(e.ServerId),
        SessionId = String(e.SessionId),
        Ip = String(e.Ip),
        Country = texts.Get(e.Country),
        Asn = e.Asn,
        Lat = e.HasLocation ? e.Lat : null,
        Lon = e.HasLocation ? e.Lon : null,
        DeviceId = String(e.DeviceId),
        ClientVersion = texts.Get(e.ClientVersion),
        Outcome = texts.Get(ContractText.Utf8(e.Outcome)),
    };

    private static PlayerEventValue Trade(in EventView e, TextCache texts) => new()
    {
        Kind = EventKind.Trade,
        EventId = e.EventId.ToString(),
        UserId = String(e.UserId),
        Ts = e.Ts,
        ServerId = texts.Get(e.ServerId),
        SessionId = String(e.SessionId),
        Ip = String(e.Ip),
        TradeId = String(e.TradeId),
        CounterpartyId = String(e.CounterpartyId),
        Channel = texts.Get(ContractText.Utf8(e.Channel)),
        GoldDelta = e.GoldDelta,
        GoldBalance = e.GoldBalance,
        ItemId = texts.Get(e.ItemId),
        ItemDelta = e.ItemDelta,
        ItemValue = e.ItemValue,
        InventoryValue = e.InventoryValue,
    };

    private static string String(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static TextColumn<Row<PlayerEventValue>> Text(string name, Func<PlayerEventValue, string?> read)
        => new(name, row => row.Value is null ? null : read(row.Value));

    private static OptionalColumn<Row<PlayerEventValue>, long> Number(string name, Func<PlayerEventValue, long?> read)
        => new(name, row => row.Value is null ? null : read(row.Value));

    private static OptionalColumn<Row<PlayerEventValue>, double> Real(string name, Func<PlayerEventValue, double?> read)
        => new(name, row => row.Value is null ? null : read(row.Value));
}
