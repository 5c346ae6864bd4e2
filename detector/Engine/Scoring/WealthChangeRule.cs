using Game.Detector.Arithmetic;
using Game.Detector.Features;
using Game.Detector.Rules;

namespace Game.Detector.Scoring;

/// <summary>Gold or item value moves far outside the player's own range, or most of the wealth leaves at once.</summary>
internal static class WealthChangeRule
{
    private const double Percent = 100;

    /// <summary>0 to 1; 0 while the player is too new or too little moves.</summary>
    public static double Rate(in TradeFeatures trade, WealthChangeParameters rule)
    {
        if (trade.Trades < rule.MinTrades || Math.Max(Math.Abs(trade.Gold), Math.Abs(trade.Items)) < rule.MinValueGold)
        {
            return 0;
        }
        double direction = rule.BalancedShare + ((1 - rule.BalancedShare) * trade.OneSided);
        double sum = (Range(trade, rule) * direction * rule.RangeWeight)
            + (Flow(trade, rule) * trade.OneSided)
            + (trade.NewPartner * trade.OneSided * rule.PartnerWeight)
            + (trade.LoginRisk * trade.OneSided * rule.LoginWeight);
        return ScoreSteps.Round(sum);
    }

    private static double Range(in TradeFeatures trade, WealthChangeParameters rule)
    {
        double farthest = Math.Max(trade.NetScales, Math.Max(trade.GoldScales, trade.ItemScales));
        return ScoreSteps.Ramp(farthest, rule.RangeFromScales, rule.RangeToScales);
    }

    private static double Flow(in TradeFeatures trade, WealthChangeParameters rule)
    {
        double lost = trade.Net < 0 ? trade.LostShare : 0, gained = trade.Net > 0 ? trade.GainedShare : 0;
        return (ScoreSteps.Ramp(lost * Percent, rule.LeaveFromPercent, rule.LeaveToPercent) * rule.LeaveWeight)
            + (ScoreSteps.Ramp(gained * Percent, rule.LeaveFromPercent, rule.LeaveToPercent) * rule.GainWeight);
    }
}
