using Game.Contracts;

namespace Game.Worlds.Timeline;

/// <summary>The events that game servers publish for an action.</summary>
/// <param name="serverId">Their <c>server_id</c>.</param>
/// <param name="table">What the address table says of a network at a time; null where it knows nothing.</param>
public sealed class ActionEvents(string serverId, Func<Network, long, Network?> table)
{
    public IEnumerable<PlayerEvent> Of(GameAction action) => action switch
    {
        LoginAction login => [Login(login)],
        TradeAction trade => [Trade(trade, trade.First, trade.Second, TradeSide.First), Trade(trade, trade.Second, trade.First, TradeSide.Second)],
        _ => [],
    };

    private LoginEvent Login(LoginAction login)
    {
        Network? known = table(login.From.Network, login.At);
        return new LoginEvent
        {
            EventId = EventIds.ForSide(login.Key, TradeSide.First),
            UserId = login.Player.UserId,
            Ts = login.At,
            ServerId = serverId,
            SessionId = login.CorrectSecret ? SessionId(login.Player) : "",
            Ip = login.From.Ip,
            Country = known?.Country ?? "",
            Asn = known?.Asn ?? 0,
            Lat = known?.Lat,
            Lon = known?.Lon,
            DeviceId = login.From.DeviceId,
            ClientVersion = login.ClientVersion,
            Outcome = login.CorrectSecret ? LoginOutcome.Ok : LoginOutcome.BadPassword,
        };
    }

    private TradeEvent Trade(TradeAction trade, TradeLeg own, TradeLeg other, TradeSide side) => new()
    {
        EventId = EventIds.ForSide(trade.Key, side),
        UserId = own.Player.UserId,
        Ts = trade.At,
        ServerId = serverId,
        SessionId = own.Online ? SessionId(own.Player) : "",
        Ip = own.Online ? own.Ip : "",
        TradeId = trade.Key.ToString("N"),
        CounterpartyId = other.Player.UserId,
        Channel = trade.Channel,
        GoldDelta = own.GoldDelta,
        GoldBalance = own.GoldBalance,
        ItemId = trade.ItemId,
        ItemDelta = own.ItemDelta,
        ItemValue = trade.ItemValue,
        InventoryValue = own.InventoryValue,
    };

    private static string SessionId(Player player) => $"s-{player.UserId}-{player.LastLoginAt}";
}
