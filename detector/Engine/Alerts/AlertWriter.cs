using System.Text;
using Game.Contracts;
using Game.Detector.Features;
using Game.Detector.Rules;
using Game.Detector.Windows;
using Game.Detector.Arithmetic;

namespace Game.Detector.Alerts;

/// <summary>Makes an alert from a score, with its features and reason. Only events that raise alerts allocate memory, and only here.</summary>
internal sealed class AlertWriter(int partition, RuleSet rules)
{
    private readonly string _ipChangeVersion = rules.IpChangeVersion;
    private readonly string _wealthChangeVersion = rules.WealthChangeVersion;
    private readonly string _reusedIdVersion = rules.ReusedIdVersion;

    public Alert Write(in EventView login, in LoginFeatures features, double score, in EventRing window, long offset)
    {
        Dictionary<string, double> numbers = new()
        {
            ["logins"] = features.Logins,
            ["new_network"] = features.NewNetwork,
            ["new_asn"] = features.NewAsn,
            ["new_country"] = features.NewCountry,
            ["new_device"] = features.NewDevice,
            ["distance_km"] = features.DistanceKm,
            ["speed_kmh"] = features.SpeedKmh,
            ["failed_logins"] = features.Failures,
        };
        AlertSeverity severity = score >= rules.IpChange.CriticalScore ? AlertSeverity.Critical : AlertSeverity.Warning;
        return Finish(login, IpChangeParameters.Name, _ipChangeVersion, severity, score, Reasons.Of(login, features, rules), numbers, window, offset);
    }

    public Alert Write(in EventView trade, in TradeFeatures features, double score, in EventRing window, long offset)
    {
        Dictionary<string, double> numbers = new()
        {
            ["trades"] = features.Trades,
            ["gold"] = features.Gold,
            ["items"] = features.Items,
            ["net"] = features.Net,
            ["wealth_after"] = features.WealthAfter,
            ["one_sided"] = features.OneSided,
            ["gold_scales"] = Finite(features.GoldScales),
            ["item_scales"] = Finite(features.ItemScales),
            ["net_scales"] = Finite(features.NetScales),
            ["lost_share"] = features.LostShare,
            ["gained_share"] = features.GainedShare,
            ["new_partner"] = features.NewPartner,
            ["login_risk"] = features.LoginRisk,
        };
        AlertSeverity severity = score >= rules.WealthChange.CriticalScore ? AlertSeverity.Critical : AlertSeverity.Warning;
        return Finish(trade, WealthChangeParameters.Name, _wealthChangeVersion, severity, score, Reasons.Of(trade, features, rules), numbers, window, offset);
    }

    /// <summary>An alert on an event that has the id of an earlier one, which lies <paramref name="age"/> events before the newest.</summary>
    public Alert WriteReuse(in EventView view, int age, double score, in EventRing window, long offset)
    {
        WindowEvent earlier = window.FromNewest(age);
        Dictionary<string, double> numbers = new()
        {
            ["events_before"] = age + 1,
            ["seconds_before"] = (view.Ts - earlier.Ts) / 1_000.0,
        };
        string reason = Reasons.OfReuse(view, earlier.Kind, age + 1);
        return Finish(view, ReusedIdParameters.Name, _reusedIdVersion, AlertSeverity.Warning, score, reason, numbers, window, offset);
    }

    private static double Finite(double scales) => Math.Min(scales, FixedLog2.OneOctave);

    private Alert Finish(
        in EventView view, string rule, string version, AlertSeverity severity, double score, string reason, Dictionary<string, double> features,
        in EventRing window, long offset)
        => new()
        {
            AlertId = Alert.MakeId(rule, version, partition, offset),
            Rule = rule,
            RuleVersion = version,
            Severity = severity,
            Score = score,
            UserId = Encoding.UTF8.GetString(view.UserId),
            EventId = view.EventId,
            Ts = view.Ts,
            DetectedAt = 0,
            SourceTopic = Topics.PlayerEvents,
            SourcePartition = partition,
            SourceOffset = offset,
            Reason = reason,
            Features = features,
            WindowEvents = window.Count,
            WindowFrom = window.FromNewest(window.Count - 1).Ts,
            WindowTo = window.FromNewest(0).Ts,
        };
}
