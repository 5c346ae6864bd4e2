using System.Text;

namespace Game.Contracts;

/// <summary>Makes a text of its UTF-8 bytes.</summary>
public delegate string TextOf(ReadOnlySpan<byte> utf8);

/// <summary>
/// A decoded event over the bytes it was read from: texts are UTF-8 spans into the record's value (or, where the JSON had escapes, into the
/// decoder's scratch), so that decoding allocates nothing. Valid until the decoder's next call. Only the fields of its <see cref="Kind"/> are set.
/// </summary>
public ref struct EventView
{
    public EventKind Kind;
    public Guid EventId;
    public long Ts;
    public ReadOnlySpan<byte> UserId;
    public ReadOnlySpan<byte> ServerId;
    public ReadOnlySpan<byte> SessionId;
    public ReadOnlySpan<byte> Ip;

    public ReadOnlySpan<byte> Country;
    public ReadOnlySpan<byte> DeviceId;
    public ReadOnlySpan<byte> ClientVersion;
    public uint Asn;
    public bool HasLocation;
    public double Lat;
    public double Lon;
    public LoginOutcome Outcome;

    public ReadOnlySpan<byte> TradeId;
    public ReadOnlySpan<byte> CounterpartyId;
    public ReadOnlySpan<byte> ItemId;
    public TradeChannel Channel;
    public int ItemDelta;
    public long GoldDelta;
    public long GoldBalance;
    public long ItemValue;
    public long InventoryValue;

    /// <summary>Whether the object had fields that the contract does not name; <see cref="ExtraFields.Read"/> gives them.</summary>
    public bool HasExtraFields;

    /// <summary>A copy that owns its texts.</summary>
    public readonly PlayerEvent ToEvent() => ToEvent(Text);

    /// <summary>A copy that owns its texts.</summary>
    /// <param name="few">Makes the texts of which there are few different ones, so that a reader of many events may share them.</param>
    public readonly PlayerEvent ToEvent(TextOf few) => Kind == EventKind.Login ? ToLogin(few) : ToTrade(few);

    private readonly LoginEvent ToLogin(TextOf few) => new()
    {
        EventId = EventId,
        UserId = Text(UserId),
        Ts = Ts,
        ServerId = few(ServerId),
        SessionId = Text(SessionId),
        Ip = Text(Ip),
        Country = few(Country),
        Asn = Asn,
        Lat = HasLocation ? Lat : null,
        Lon = HasLocation ? Lon : null,
        DeviceId = Text(DeviceId),
        ClientVersion = few(ClientVersion),
        Outcome = Outcome,
    };

    private readonly TradeEvent ToTrade(TextOf few) => new()
    {
        EventId = EventId,
        UserId = Text(UserId),
        Ts = Ts,
        ServerId = few(ServerId),
        SessionId = Text(SessionId),
        Ip = Text(Ip),
        TradeId = Text(TradeId),
        CounterpartyId = Text(CounterpartyId),
        Channel = Channel,
        GoldDelta = GoldDelta,
        GoldBalance = GoldBalance,
        ItemId = few(ItemId),
        ItemDelta = ItemDelta,
        ItemValue = ItemValue,
        InventoryValue = InventoryValue,
    };

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
