using System.Globalization;
using System.Text;
using Game.Contracts;
using Game.Detector.Features;
using Game.Detector.Rules;

namespace Game.Detector.Alerts;

/// <summary>Writes the reasons of alerts: each is one sentence for an analyst, which says what happened and what to do.</summary>
internal static class Reasons
{
    private const int MaxTextBytes = 64;

    public static string Of(in EventView login, in LoginFeatures features, RuleSet rules)
    {
        List<string> unfamiliar = new(4);
        if (features.NewNetwork > 0)
        {
            unfamiliar.Add("network");
        }
        if (features.NewAsn > 0)
        {
            unfamiliar.Add(Invariant($"provider (AS{login.Asn})"));
        }
        if (features.NewCountry > 0)
        {
            unfamiliar.Add($"country ({Text(login.Country)})");
        }
        if (features.NewDevice > 0)
        {
            unfamiliar.Add("device");
        }

        StringBuilder reason = new(Invariant($"{Attempt(login.Outcome)} from {Text(login.Ip)} after {features.Logins} known logins"));
        reason.Append(unfamiliar.Count > 0 ? ": new " + Enumeration(unfamiliar) : ": known network and device");
        if (features.DistanceKm >= rules.IpChange.MinDistanceKm && features.SpeedKmh > rules.IpChange.SpeedFromKmh)
        {
            reason.Append(Invariant($", {features.DistanceKm:N0} km from the last login at {features.SpeedKmh:N0} km/h"));
        }
        if (features.Failures > 0)
        {
            reason.Append(Invariant($", {features.Failures} failed {(features.Failures == 1 ? "login" : "logins")} just before or now"));
        }
        return reason.Append("; confirm with the player before anything leaves the account.").ToString();
    }

    public static string Of(in EventView trade, in TradeFeatures features, RuleSet rules)
    {
        string partner = (features.NewPartner > 0 ? "the unknown player " : "the player ") + Text(trade.CounterpartyId);
        long value = Math.Abs(features.Net);
        string move = features.Net < 0 ? "went to" : "came from";
        double share = features.Net < 0 ? features.LostShare : features.GainedShare;
        string parts = Invariant($"{features.Gold:+#,0;-#,0;0} gold, {features.Items:+#,0;-#,0;0} in items");
        StringBuilder reason = new(Invariant($"{value:N0} gold in value {move} {partner} without return ({parts})"));
        if (share > 0)
        {
            reason.Append(Invariant($", within {rules.WealthChange.DrainWindowMinutes} minutes {share * 100:F0} % of the wealth"));
        }
        if (features.LoginRisk > 0)
        {
            reason.Append(Invariant($", out of a session with a login rated {features.LoginRisk:F2}"));
        }
        return reason.Append("; hold the goods and ask the player.").ToString();
    }

    public static string OfReuse(in EventView view, EventKind earlier, int eventsBefore)
    {
        string distance = Invariant($"{eventsBefore} {(eventsBefore == 1 ? "event" : "events")} before");
        return $"The event id {view.EventId} of this {Word(view.Kind)} was used {distance} by a {Word(earlier)} with other content; "
            + "find out which client or game server sent both, and judge each of them.";
    }

    private static string Word(EventKind kind) => kind == EventKind.Login ? "login" : "trade";

    private static string Attempt(LoginOutcome outcome) => outcome == LoginOutcome.Ok ? "Login" : "Failed login";

    private static string Enumeration(List<string> words) => words.Count == 1 ? words[0] : string.Join(", ", words[..^1]) + " and " + words[^1];

    // Identifiers come from outside, so they are cut to a bound and lose their control characters.
    private static string Text(ReadOnlySpan<byte> utf8)
    {
        string text = Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxTextBytes)]);
        return string.Concat(text.Where(c => !char.IsControl(c)));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
