using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Integration.Tests.Detector;

/// <summary>Logins as game servers write them.</summary>
internal static class PlayerLife
{
    public const long Start = 1_700_000_000_000;
    private const long Day = 86_400_000;

    /// <summary>The last day of the player, epoch milliseconds.</summary>
    public const long LastDay = Start + (9 * Day);

    /// <summary>Ten days of logging in at home, then a stranger on another continent: eleven events, one alert.</summary>
    public static Message<byte[], byte[]>[] Of(string user) => [.. AtHome(user), Record(Stranger(user, LastDay + 60_000))];

    public static Message<byte[], byte[]>[] AtHome(string user)
        => [.. Enumerable.Range(0, 10).Select(day => Record(Login(user, Start + (day * Day), "20.0.1.7", "DE", 64_500, "phone", LoginOutcome.Ok)))];

    public static LoginEvent Stranger(string user, long ts, LoginOutcome outcome = LoginOutcome.Ok)
        => Login(user, ts, "30.0.1.7", "AU", 64_700, "burner", outcome);

    public static Message<byte[], byte[]> Record(PlayerEvent one)
    {
        using EventEncoder encoder = new();
        return new() { Key = Encoding.UTF8.GetBytes(one.UserId), Value = encoder.Encode(one).ToArray() };
    }

    public static Alert Decode(byte[] value)
    {
        ContractJson.TryDecode(value, out Alert alert, out string error).ShouldBeTrue(error);
        return alert;
    }

    private static LoginEvent Login(string user, long ts, string ip, string country, uint asn, string device, LoginOutcome outcome) => new()
    {
        EventId = Guid.CreateVersion7(),
        UserId = user,
        Ts = ts,
        ServerId = "gs-1",
        SessionId = outcome == LoginOutcome.Ok ? "s-1" : "",
        Ip = ip,
        Country = country,
        Asn = asn,
        DeviceId = device,
        ClientVersion = "4.2.0",
        Outcome = outcome,
    };
}
