using Game.Contracts;
using Game.Simulator.World;

namespace Game.Detector.Tests.Quality;

/// <summary>The events that game servers publish for an action of the live load.</summary>
internal static class SimulatedEvents
{
    public static IEnumerable<PlayerEvent> Of(GameAction action, long ts) => action switch
    {
        LoginAction login => [Login(login, ts)],
        TradeAction trade => [Trade(trade, trade.First, trade.Second, TradeSide.First, ts), Trade(trade, trade.Second, trade.First, TradeSide.Second, ts)],
        _ => [],
    };

    private static LoginEvent Login(LoginAction login, long ts) => new()
    {
        EventId = EventIds.ForSide(login.Key, TradeSide.First),
        UserId = login.Player.UserId,
        Ts = ts,
        ServerId = "gs-1",
        SessionId = login.CorrectSecret ? "s-" + login.Player.UserId : "",
        Ip = login.From.Ip,
        Country = login.From.Network.Country,
        Asn = login.From.Network.Asn,
        Lat = login.From.Network.Lat,
        Lon = login.From.Network.Lon,
        DeviceId = login.From.DeviceId,
        ClientVersion = login.ClientVersion,
        Outcome = login.CorrectSecret ? LoginOutcome.Ok : LoginOutcome.BadPassword,
    };

    private static TradeEvent Trade(TradeAction trade, TradeLeg own, TradeLeg other, TradeSide side, long ts) => new()
    {
        EventId = EventIds.ForSide(trade.Key, side),
        UserId = own.Player.UserId,
        Ts = ts,
        ServerId = "gs-1",
        SessionId = own.Online ? "s-" + own.Player.UserId : "",
        Ip = own.Online ? own.Player.Where.Ip : "",
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
}
