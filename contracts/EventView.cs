using System.Text;

namespace Game.Contracts;

/// <summary>Gives the text of UTF-8 bytes.</summary>
public delegate string TextOf(ReadOnlySpan<byte> utf8);

/// <summary>
/// A decoded event. Its texts are UTF-8 spans into the record's value (or, where the JSON had escapes, into the decoder's scratch buffer), so that decoding
/// allocates nothing. Valid until the decoder's next call. Only the fields of its <see cref="Kind"/> are set.
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
    /// <param name="shared">Gives the texts that many events have in common (server, country, version, item), so that they may share one string.</param>
    public readonly PlayerEvent ToEvent(TextOf shared) => Kind == EventKind.Login ? ToLogin(shared) : ToTrade(shared);

    private readonly LoginEvent ToLogin(TextOf shared) => new()
    {
        EventId = EventId,
        UserId = Text(UserId),
        Ts = Ts,
        ServerId = shared(ServerId),
        SessionId = Text(SessionId),
        Ip = Text(Ip),
        Country = shared(Country),
        Asn = Asn,
        Lat = HasLocation ? Lat : null,
        Lon = HasLocation ? Lon : null,
        DeviceId = Text(DeviceId),
        ClientVersion = shared(ClientVersion),
        Outcome = Outcome,
    };

    private readonly TradeEvent ToTrade(TextOf shared) => new()
    {
        EventId = EventId,
        UserId = Text(UserId),
        Ts = Ts,
        ServerId = shared(ServerId),
        SessionId = Text(SessionId),
        Ip = Text(Ip),
        TradeId = Text(TradeId),
        CounterpartyId = Text(CounterpartyId),
        Channel = Channel,
        GoldDelta = GoldDelta,
        GoldBalance = GoldBalance,
        ItemId = shared(ItemId),
        ItemDelta = ItemDelta,
        ItemValue = ItemValue,
        InventoryValue = InventoryValue,
    };

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
