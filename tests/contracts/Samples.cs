using Game.Contracts;

namespace Game.Contracts.Tests;

internal static class Samples
{
    public static readonly Guid Id = Guid.Parse("0193a5c0-7b1e-7c3d-8e4f-5a6b7c8d9e0f");

    public static LoginEvent Login => new()
    {
        EventId = EventIds.ForSide(Id, TradeSide.First), UserId = "u-000042", Ts = 1_700_000_000_123, ServerId = "gs-1", SessionId = "s-77", Ip = "203.0.113.9",
        Country = "DE", Asn = 3320, Lat = 52.52, Lon = 13.405, DeviceId = "d-1", ClientVersion = "4.2.0", Outcome = LoginOutcome.Ok,
    };

    public static LoginEvent FailedLogin
        => Login with { SessionId = "", Country = "", Asn = 0, Lat = null, Lon = null, Ip = "2001:db8::7", Outcome = LoginOutcome.BadPassword };

    public static TradeEvent Trade => new()
    {
        EventId = EventIds.ForSide(Id, TradeSide.Second), UserId = "Ünïcode \"名前\"", Ts = 1_700_000_000_456, ServerId = "gs-1", SessionId = "", Ip = "",
        TradeId = "t-9",
        CounterpartyId = "u-000043", Channel = TradeChannel.GuildBank, GoldDelta = -1500, GoldBalance = 250, ItemId = "sword", ItemDelta = 2, ItemValue = 750,
        InventoryValue = 9000,
    };

    public static Alert Alert => new()
    {
        AlertId = Game.Contracts.Alert.MakeId("ip-change", "9f2c", 3, 1234), Rule = "ip-change", RuleVersion = "9f2c", Severity = AlertSeverity.Critical,
        Score = 0.93,
        UserId = "u-000042", EventId = Id, Ts = 1_700_000_000_123, DetectedAt = 1_700_000_000_125, SourceTopic = Topics.PlayerEvents, SourcePartition = 3,
        SourceOffset = 1234,
        Reason = "The address moved to another country.", Features = new SortedDictionary<string, double> { ["new_country"] = 1, ["speed_kmh"] = 4200.5 },
        WindowEvents = 30,
        WindowFrom = 1_699_000_000_000, WindowTo = 1_700_000_000_123,
    };

    public static Label Label => new() { UserId = "u-000042", Verdict = "fraud", LabelledAt = 1_700_000_100_000, Source = "analyst-7" };

    public static SimulationTruth Truth => new()
    {
        CampaignId = "c-1", Scenario = "account-takeover", Role = CampaignRole.Victim, UserId = "u-000042", EventId = Id, Ts = 1_700_000_000_123,
    };

    public static byte[] Encode(PlayerEvent value)
    {
        using EventEncoder encoder = new();
        return encoder.Encode(value).ToArray();
    }
}
