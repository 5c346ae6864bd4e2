using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Memory;
using Game.GameServer.Telemetry;

namespace Game.GameServer.Actions;

/// <summary>Makes the two events of a trade. Thread-safe.</summary>
internal sealed class TradeIntake(ServerIdentity server, SessionTokens tokens, RecentEvents recentEvents, ActionTraces traces, TimeProvider time)
{
    /// <summary>
    /// Checks a trade and makes its events, or gives the problem with it. Refuses a key that came with another trade: readers of the log would treat its
    /// events, which have the same ids, as a repeat of the first trade.
    /// </summary>
    /// <param name="request">The trade, not checked yet.</param>
    /// <param name="key">The sender's idempotency key.</param>
    /// <param name="traceParent">The sender's W3C traceparent, or null.</param>
    public Decision Decide(TradeRequest request, Guid key, string? traceParent)
    {
        if (Check(request, key, out Terms terms) is { } invalid)
        {
            return invalid;
        }
        if (FindParty(request.First!, "first", out Party first) is { } firstInvalid)
        {
            return firstInvalid;
        }
        if (FindParty(request.Second!, "second", out Party second) is { } secondInvalid)
        {
            return secondInvalid;
        }
        if (string.Equals(first.UserId, second.UserId, StringComparison.Ordinal))
        {
            return Problems.InvalidField("second", "The two sides of a trade are different players.");
        }

        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        TradeEvent one = MakeEvent(TradeSide.First, request.First!, first, second, terms, now);
        TradeEvent two = MakeEvent(TradeSide.Second, request.Second!, second, first, terms, now);
        if (!recentEvents.TryUse(new EventUse(one), new EventUse(two)))
        {
            return Problems.IdempotencyKeyReused;
        }
        ActionTrace trace = traces.Begin("publish trade", key, traceParent);
        TradeRecorded answer = new(terms.TradeId, one.EventId, two.EventId);
        return new PlayerAction(one, two, Schemas.Headers(Schemas.Trade, trace.TraceParent), answer) { Activity = trace.Activity };
    }

    private static Problem? Check(TradeRequest request, Guid key, out Terms terms)
    {
        FieldChecks checks = default;
        terms = new(
            key,
            checks.OptionalText(request.TradeId, "trade_id", EventIds.ForSide(key, TradeSide.First).ToString(), minBytes: 1),
            checks.Channel(request.Channel),
            checks.OptionalText(request.ItemId, "item_id", ""),
            checks.Number(request.ItemValue ?? 0, "item_value", 0, ContractLimits.MaxGold));
        CheckSide(ref checks, request.First, "first");
        CheckSide(ref checks, request.Second, "second");
        if (checks.Problem is null && terms.ItemId.Length == 0 && (terms.ItemValue | Pieces(request.First!) | Pieces(request.Second!)) != 0)
        {
            checks.Fail("item_id", "is empty although pieces or their value are given");
        }
        return checks.Problem;
    }

    private static void CheckSide(ref FieldChecks checks, TradeSideRequest? side, string name)
    {
        if (side is null)
        {
            checks.Fail(name, "is missing");
            return;
        }

        // The paths are constants, so that a request without faults joins no texts.
        bool first = name == "first";
        if (side.SessionToken is null)
        {
            checks.Text(side.UserId, first ? "first.user_id" : "second.user_id", 1);
        }
        else if (side.UserId is not null)
        {
            checks.Fail(name, "has both session_token and user_id");
        }
        checks.Number(side.GoldDelta, first ? "first.gold_delta" : "second.gold_delta", -ContractLimits.MaxGold, ContractLimits.MaxGold);
        checks.Number(side.GoldBalance, first ? "first.gold_balance" : "second.gold_balance", 0, ContractLimits.MaxGold);
        checks.Number(Pieces(side), first ? "first.item_delta" : "second.item_delta", -ContractLimits.MaxItemDelta, ContractLimits.MaxItemDelta);
        checks.Number(side.InventoryValue, first ? "first.inventory_value" : "second.inventory_value", 0, ContractLimits.MaxGold);
    }

    private static long Pieces(TradeSideRequest side) => side.ItemDelta ?? 0;

    private Problem? FindParty(TradeSideRequest side, string name, out Party party)
    {
        party = new(side.UserId ?? "", "", "");
        if (side.SessionToken is null)
        {
            return null;
        }
        if (tokens.Read(side.SessionToken) is not { } session)
        {
            return Problems.SessionInvalid(name);
        }
        party = new(session.UserId, session.SessionId, session.Ip);
        return null;
    }

    private TradeEvent MakeEvent(TradeSide side, TradeSideRequest request, Party own, Party other, Terms terms, long now) => new()
    {
        EventId = EventIds.ForSide(terms.Key, side),
        UserId = own.UserId,
        Ts = now,
        ServerId = server.Id,
        SessionId = own.SessionId,
        Ip = own.Ip,
        TradeId = terms.TradeId,
        CounterpartyId = other.UserId,
        Channel = terms.Channel,
        GoldDelta = request.GoldDelta!.Value,
        GoldBalance = request.GoldBalance!.Value,
        ItemId = terms.ItemId,
        ItemDelta = (int)Pieces(request),
        ItemValue = terms.ItemValue,
        InventoryValue = request.InventoryValue!.Value,
    };

    /// <summary>The content that both events have.</summary>
    private readonly record struct Terms(Guid Key, string TradeId, TradeChannel Channel, string ItemId, long ItemValue);

    /// <summary>The player of a side; session and address are empty when it is offline.</summary>
    private readonly record struct Party(string UserId, string SessionId, string Ip);
}
