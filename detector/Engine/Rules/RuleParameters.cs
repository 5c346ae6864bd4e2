namespace Game.Detector.Rules;

/// <summary>What the windows remember; every rule's version covers it.</summary>
public sealed record WindowParameters
{
    /// <summary>Days of event time after which the counts of the long baselines are halved, 1 to 3,650.</summary>
    public int HalfLifeDays { get; set; } = 14;

    /// <summary>Leading bits of an IPv4 address that make an address range, 8 to 32.</summary>
    public int V4PrefixBits { get; set; } = 24;

    /// <summary>Leading bits of an IPv6 address that make an address range, 16 to 128.</summary>
    public int V6PrefixBits { get; set; } = 48;

    internal string? Problem() => ParameterCheck.First(
        ParameterCheck.Of("windows.half_life_days", HalfLifeDays, 1, 3650),
        ParameterCheck.Of("windows.v4_prefix_bits", V4PrefixBits, 8, 32),
        ParameterCheck.Of("windows.v6_prefix_bits", V6PrefixBits, 16, 128));
}

/// <summary>
/// The rule <c>ip-change</c>: what is new about a login adds up to a score. The weight of a new network, ASN, country or device shrinks by the share of the
/// player's earlier logins that were new in the same way: the journeys of a player who travels all the time are not suspicious.
/// </summary>
public sealed record IpChangeParameters
{
    public const string Name = "ip-change";

    /// <summary>Successful logins in the baseline below which the rule is silent, 1 to 1,000.</summary>
    public int MinLogins { get; set; } = 4;

    /// <summary>Score of an unknown address range, 0 to 1.</summary>
    public double NetworkWeight { get; set; } = 0.10;

    /// <summary>Score of an unknown autonomous system, 0 to 1.</summary>
    public double AsnWeight { get; set; } = 0.15;

    /// <summary>Score of an unknown country, 0 to 1.</summary>
    public double CountryWeight { get; set; } = 0.15;

    /// <summary>Score of an unknown device, 0 to 1.</summary>
    public double DeviceWeight { get; set; } = 0.35;

    /// <summary>Score of an impossible journey since the last successful login, 0 to 1.</summary>
    public double SpeedWeight { get; set; } = 0.15;

    /// <summary>km/h up to which a journey is ordinary.</summary>
    public double SpeedFromKmh { get; set; } = 500;

    /// <summary>km/h from which a journey is impossible and has its whole weight.</summary>
    public double SpeedToKmh { get; set; } = 1000;

    /// <summary>km below which distances are the address table's error and no journey.</summary>
    public double MinDistanceKm { get; set; } = 150;

    /// <summary>Score of many failed logins, 0 to 1.</summary>
    public double FailuresWeight { get; set; } = 0.25;

    /// <summary>Minutes of event time within which failed logins count together.</summary>
    public int FailureWindowMinutes { get; set; } = 60;

    /// <summary>Failed logins that are ordinary mistyping.</summary>
    public int FailuresFrom { get; set; } = 1;

    /// <summary>Failed logins from which they have their whole weight.</summary>
    public int FailuresTo { get; set; } = 4;

    /// <summary>Score from which an alert is raised, 0 to 1.</summary>
    public double AlertScore { get; set; } = 0.55;

    /// <summary>Score from which it is critical, 0 to 1.</summary>
    public double CriticalScore { get; set; } = 0.80;

    /// <summary>
    /// Minutes of event time after an alert during which only a clearly higher score raises another one of the same outcome from the same address range.
    /// </summary>
    public int QuietMinutes { get; set; } = 360;

    internal string? Problem() => ParameterCheck.First(
        ParameterCheck.Of("ip_change.min_logins", MinLogins, 1, 1000),
        ParameterCheck.Share("ip_change.network_weight", NetworkWeight),
        ParameterCheck.Share("ip_change.asn_weight", AsnWeight),
        ParameterCheck.Share("ip_change.country_weight", CountryWeight),
        ParameterCheck.Share("ip_change.device_weight", DeviceWeight),
        ParameterCheck.Share("ip_change.speed_weight", SpeedWeight),
        ParameterCheck.Of("ip_change.speed_from_kmh", SpeedFromKmh, 1, 100_000),
        ParameterCheck.Of("ip_change.speed_to_kmh", SpeedToKmh, SpeedFromKmh + 1, 1_000_000),
        ParameterCheck.Of("ip_change.min_distance_km", MinDistanceKm, 0, 20_000),
        ParameterCheck.Share("ip_change.failures_weight", FailuresWeight),
        ParameterCheck.Of("ip_change.failure_window_minutes", FailureWindowMinutes, 1, 10_000),
        ParameterCheck.Of("ip_change.failures_from", FailuresFrom, 0, 29),
        ParameterCheck.Of("ip_change.failures_to", FailuresTo, FailuresFrom + 1, 30),
        ParameterCheck.Share("ip_change.alert_score", AlertScore),
        ParameterCheck.Share("ip_change.critical_score", CriticalScore),
        ParameterCheck.Of("ip_change.quiet_minutes", QuietMinutes, 0, 1_000_000));
}

/// <summary>
/// The rule <c>wealth-change</c>: how far a trade lies outside the player's own range, how much of the wealth leaves for nothing in return, to whom, and after
/// which login, add up to a score.
/// </summary>
public sealed record WealthChangeParameters
{
    public const string Name = "wealth-change";

    /// <summary>Trades in the baseline below which the rule is silent, 1 to 200.</summary>
    public int MinTrades { get; set; } = 6;

    /// <summary>A trade that moves less gold and less item value than this is not judged, 0 to 2^53.</summary>
    public long MinValueGold { get; set; } = 200;

    /// <summary>The floor of the scale, in octaves (doublings): amounts of a very regular player may still vary that much.</summary>
    public double ScaleFloorOctaves { get; set; } = 1.0;

    /// <summary>The percentile of the long baseline above which an amount must lie as well, 50 to 100.</summary>
    public int BaselinePercent { get; set; } = 95;

    /// <summary>Scales above the player's median up to which an amount is ordinary.</summary>
    public double RangeFromScales { get; set; } = 2.0;

    /// <summary>Scales from which it has its whole weight.</summary>
    public double RangeToScales { get; set; } = 5.0;

    /// <summary>Score of an amount far outside the range, 0 to 1.</summary>
    public double RangeWeight { get; set; } = 0.30;

    /// <summary>The share of that score which remains when gold and goods balance each other, 0 to 1.</summary>
    public double BalancedShare { get; set; } = 0.30;

    /// <summary>Minutes of event time within which what leaves, and what comes back, is added up.</summary>
    public int DrainWindowMinutes { get; set; } = 60;

    /// <summary>Percent of the wealth up to which a loss is ordinary.</summary>
    public double LeaveFromPercent { get; set; } = 20;

    /// <summary>Percent of the wealth from which a loss has its whole weight.</summary>
    public double LeaveToPercent { get; set; } = 70;

    /// <summary>Score of most of the wealth leaving, 0 to 1.</summary>
    public double LeaveWeight { get; set; } = 0.40;

    /// <summary>Score of most of the wealth having just come in for nothing, 0 to 1.</summary>
    public double GainWeight { get; set; } = 0.20;

    /// <summary>Score of an unknown partner of a one-sided trade, 0 to 1.</summary>
    public double PartnerWeight { get; set; } = 0.15;

    /// <summary>Score of a trade out of a session whose login ip-change rated highest, 0 to 1.</summary>
    public double LoginWeight { get; set; } = 0.35;

    /// <summary>Hours of event time for which a login's rating counts.</summary>
    public int LoginHours { get; set; } = 24;

    internal uint LoginMinutes => (uint)LoginHours * 60;

    /// <summary>Score from which an alert is raised, 0 to 1.</summary>
    public double AlertScore { get; set; } = 0.50;

    /// <summary>Score from which it is critical, 0 to 1.</summary>
    public double CriticalScore { get; set; } = 0.80;

    /// <summary>
    /// Minutes of event time after an alert during which only a clearly higher score raises another of the same direction with the same partner and address
    /// range.
    /// </summary>
    public int QuietMinutes { get; set; } = 360;

    internal string? Problem() => ParameterCheck.First(
        ParameterCheck.Of("wealth_change.min_trades", MinTrades, 1, 200),
        ParameterCheck.Of("wealth_change.min_value_gold", MinValueGold, 0, Contracts.ContractLimits.MaxGold),
        ParameterCheck.Of("wealth_change.scale_floor_octaves", ScaleFloorOctaves, 0.01, 20),
        ParameterCheck.Of("wealth_change.baseline_percent", BaselinePercent, 50, 100),
        ParameterCheck.Of("wealth_change.range_from_scales", RangeFromScales, 0, 100),
        ParameterCheck.Of("wealth_change.range_to_scales", RangeToScales, RangeFromScales + 0.01, 1000),
        ParameterCheck.Share("wealth_change.range_weight", RangeWeight),
        ParameterCheck.Share("wealth_change.balanced_share", BalancedShare),
        ParameterCheck.Of("wealth_change.drain_window_minutes", DrainWindowMinutes, 1, 100_000),
        ParameterCheck.Of("wealth_change.leave_from_percent", LeaveFromPercent, 0, 99),
        ParameterCheck.Of("wealth_change.leave_to_percent", LeaveToPercent, LeaveFromPercent + 0.01, 100),
        ParameterCheck.Share("wealth_change.leave_weight", LeaveWeight),
        ParameterCheck.Share("wealth_change.gain_weight", GainWeight),
        ParameterCheck.Share("wealth_change.partner_weight", PartnerWeight),
        ParameterCheck.Share("wealth_change.login_weight", LoginWeight),
        ParameterCheck.Of("wealth_change.login_hours", LoginHours, 0, 10_000),
        ParameterCheck.Share("wealth_change.alert_score", AlertScore),
        ParameterCheck.Share("wealth_change.critical_score", CriticalScore),
        ParameterCheck.Of("wealth_change.quiet_minutes", QuietMinutes, 0, 1_000_000));
}

/// <summary>The rule <c>reused-id</c>: an event has the id of one of the player's last 30 events, but other content.</summary>
public sealed record ReusedIdParameters
{
    public const string Name = "reused-id";

    /// <summary>Score of its alerts, 0 to 1; 0 switches the rule off.</summary>
    public double Score { get; set; } = 0.60;

    /// <summary>Minutes of event time after an alert during which the same id raises no other.</summary>
    public int QuietMinutes { get; set; } = 360;

    internal string? Problem() => ParameterCheck.First(
        ParameterCheck.Share("reused_id.score", Score),
        ParameterCheck.Of("reused_id.quiet_minutes", QuietMinutes, 0, 1_000_000));
}
