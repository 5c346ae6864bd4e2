using Game.Contracts;
using Game.Detector.Rules;
using Game.Detector.Windows;
using Game.Detector.Arithmetic;

namespace Game.Detector.Features;

/// <summary>What is unusual about a trade, compared with the player's state before it. Amounts are in gold.</summary>
internal struct TradeFeatures
{
    public int Trades;
    public long Gold;
    public long Items;

    /// <summary>Gold and market value gained without return; negative when given away.</summary>
    public long Net;

    public long WealthAfter;

    /// <summary>0 when gold and goods balance, 1 when all of it goes one way.</summary>
    public double OneSided;

    /// <summary>How many scales the gold, the goods and the one-sided part are above the player's own range; 0 while too little is known.</summary>
    public double GoldScales;
    public double ItemScales;
    public double NetScales;

    /// <summary>0 to 1: the share of the wealth that left, or of today's wealth that came in, within the drain window.</summary>
    public double LostShare;
    public double GainedShare;

    /// <summary>1 if the player had not traded directly with the other side before the drain window began.</summary>
    public double NewPartner;

    /// <summary>0 to 1: how ip-change rated the login that the trade's address belongs to.</summary>
    public double LoginRisk;

    public ulong Counterparty;

    /// <summary>The address range that the trade came from; 0 for a side that is offline.</summary>
    public ulong Network;

    private const double UnknownAddressRisk = 0.5;

    /// <summary>The amount that is compared with the player's range.</summary>
    private enum Amount
    {
        Gold,
        Items,
        Net,
    }

    public static TradeFeatures Of(in EventView trade, ref PlayerState state, RuleSet rules)
    {
        long items = Saturate((Int128)trade.ItemDelta * trade.ItemValue);
        long net = trade.GoldDelta + items;
        TradeFeatures features = new()
        {
            Trades = state.Trades,
            Gold = trade.GoldDelta,
            Items = items,
            Net = net,
            WealthAfter = trade.GoldBalance + trade.InventoryValue,
            OneSided = Share(Math.Abs(net), Math.Max(Math.Abs(trade.GoldDelta), Math.Abs(items))),
            Counterparty = StableHash.Of(trade.CounterpartyId),
            Network = AddressRange.HashOf(trade.Ip, rules.Windows),
        };
        features.NewPartner = IsFamiliar(features.Counterparty, trade.Ts, ref state, rules.WealthChange.DrainWindowMinutes) ? 0 : 1;
        features.AddUp(trade.Ts, ref state, rules.WealthChange.DrainWindowMinutes * 60_000L);
        features.Measure(ref state, rules.WealthChange);
        features.Rate(trade, ref state, rules);
        return features;
    }

    private static long Saturate(Int128 value) => (long)Int128.Clamp(value, -ContractLimits.MaxGold, ContractLimits.MaxGold);

    private static double Share(long part, long whole) => whole <= 0 ? 0 : Math.Min(1, part / (double)whole);

    // A partner who first appeared within the drain window is not familiar: a thief sends everything to one partner, in several trades.
    private static bool IsFamiliar(ulong partner, long ts, ref PlayerState state, int window)
    {
        int slot = FamiliarTable.Find(state.Partners, partner);
        return slot >= 0 && state.Partners[slot].FirstMinute + window <= ts / 60_000;
    }

    private void AddUp(long ts, ref PlayerState state, long window)
    {
        long net = Net;
        for (int age = 0; age < state.Ring.Count; age++)
        {
            ref readonly WindowEvent earlier = ref state.Ring.FromNewest(age);
            if (earlier.Kind == EventKind.Trade && Math.Abs(ts - earlier.Ts) <= window)
            {
                net += earlier.Gold + earlier.Items;
            }
        }

        LostShare = net < 0 ? Share(-net, WealthAfter - net) : 0;
        GainedShare = net > 0 ? Share(net, WealthAfter) : 0;
    }

    private void Measure(ref PlayerState state, WealthChangeParameters rule)
    {
        GoldScales = Scales(Gold, Amount.Gold, state.Gold, state.Ring, rule);
        ItemScales = Scales(Items, Amount.Items, state.Items, state.Ring, rule);
        NetScales = Scales(Net, Amount.Net, state.OneSided, state.Ring, rule);
    }

    // An amount is unusual only if it is unusual for both the window and the long baseline (where they hold enough trades), so the smaller distance counts. For
    // most honest trades the baseline alone gives 0, and the window is not searched.
    private static double Scales(long amount, Amount kind, in Log2Histogram baseline, in EventRing ring, WealthChangeParameters rule)
    {
        if (amount == 0)
        {
            return 0;
        }

        int value = FixedLog2.Of(amount);
        int floor = Math.Max(1, (int)(rule.ScaleFloorOctaves * FixedLog2.OneOctave));
        bool hasBaseline = baseline.Total >= rule.MinTrades;
        double longRange = hasBaseline ? (value - baseline.UpperEdge(rule.BaselinePercent)) / (double)floor : double.MaxValue;
        if (longRange <= 0)
        {
            return 0;
        }

        Span<int> amounts = stackalloc int[EventRing.Capacity];
        Span<int> window = amounts[..Collect(ring, kind, amounts)];
        if (window.Length >= rule.MinTrades)
        {
            return Math.Max(0, Math.Min(RobustRange.Of(window).ScalesAbove(value, floor), longRange));
        }

        return hasBaseline ? longRange : 0;
    }

    // Trades that moved no gold, or no items, say nothing about how much the player moves.
    private static int Collect(in EventRing ring, Amount kind, Span<int> amounts)
    {
        int count = 0;
        for (int age = 0; age < ring.Count; age++)
        {
            ref readonly WindowEvent earlier = ref ring.FromNewest(age);
            long amount = kind switch
            {
                Amount.Gold => earlier.Gold,
                Amount.Items => earlier.Items,
                _ => earlier.Gold + earlier.Items,
            };
            if (earlier.Kind == EventKind.Trade && (amount != 0 || kind == Amount.Net))
            {
                amounts[count++] = FixedLog2.Of(amount);
            }
        }

        return count;
    }

    private void Rate(in EventView trade, ref PlayerState state, RuleSet rules)
    {
        if (Network == 0)
        {
            return;
        }
        int slot = RatedLogins.Find(state.Rated, Network);
        if (slot >= 0)
        {
            bool counts = RatedLogins.Counts(state.Rated[slot], (uint)(trade.Ts / 60_000), rules.WealthChange.LoginMinutes);
            LoginRisk = counts ? state.Rated[slot].Risk / 255.0 : 0;
            return;
        }

        LoginRisk = state.Logins > 0 && FamiliarTable.Find(state.Networks, Network) < 0 ? UnknownAddressRisk : 0;
    }
}
