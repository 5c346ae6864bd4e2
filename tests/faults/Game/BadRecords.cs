using System.Text;
using global::Game.Contracts;
using global::Game.Worlds;

namespace Faults.Tests.Game;

/// <summary>A record that the test writes directly to player-events.</summary>
/// <param name="What">Its name, for messages.</param>
/// <param name="Value">Its value; null is a tombstone.</param>
/// <param name="IsEvent">Whether the contract accepts it.</param>
internal sealed record BadRecord(string What, byte[]? Value, bool IsEvent = false)
{
    /// <summary>The record's key, mostly the event's player.</summary>
    public string Key { get; init; } = BadRecords.User;
}

/// <summary>The records of broken, hostile and unusual producers.</summary>
internal static class BadRecords
{
    public const string User = "u-strange";

    private const string Login = """
        {"type":"login","event_id":"@ID","user_id":"u-strange","ts":@TS,"server_id":"gs-x","session_id":"s-1","ip":"10.1.2.3","country":"DE","asn":64500,"device_id":"d-1","client_version":"4.2.0","outcome":"ok"}
        """;

    private const string Trade = """
        {"type":"trade","event_id":"@ID","user_id":"u-strange","ts":@TS,"server_id":"gs-x","session_id":"s-1","ip":"10.1.2.3","trade_id":"t-1","counterparty_id":"u-other","channel":"direct","gold_delta":-5,"gold_balance":100,"item_id":"sword","item_delta":1,"item_value":5,"inventory_value":50}
        """;

    /// <param name="nowMs">Epoch milliseconds.</param>
    public static IEnumerable<BadRecord> All(long nowMs)
    {
        Dice dice = new(5);
        string login = Login.Trim().Replace("@TS", $"{nowMs}"), trade = Trade.Trim().Replace("@TS", $"{nowMs}");
        return
        [
            new("a tombstone", null),
            new("an empty value", []),
            new("noise", [0, 1, 2, 0xff, 0xfe, 0x80]),
            new("a cut object", Utf8(login[..^20])),
            new("text behind the object", Utf8(login + "}")),
            new("bytes that are not UTF-8", [.. Utf8(login[..^1]), .. ",\"x\":\""u8, 0xc3, 0x28, .. "\"}"u8]),
            new("an array", "[1,2,3]"u8.ToArray()),
            new("a word", "null"u8.ToArray()),
            new("ten thousand brackets", Utf8(new string('[', 10_000))),
            new("a nest of objects", Utf8(string.Concat(Enumerable.Repeat("{\"a\":", 2_000)))),
            new("half a megabyte", Utf8(login[..^1] + ",\"x\":\"" + new string('x', 500_000) + "\"}")),
            new("an unknown type", Utf8(login.Replace("\"login\"", "\"logout\""))),
            new("a missing field", Utf8(login.Replace("\"outcome\":\"ok\"", "\"other\":1"))),
            new("a field twice", Utf8(login.Replace("\"asn\":64500", "\"asn\":1,\"asn\":2"))),
            new("an unknown outcome", Utf8(login.Replace("\"ok\"", "\"perhaps\""))),
            new("a time in words", Utf8(login.Replace($"\"ts\":{nowMs}", "\"ts\":\"yesterday\""))),
            new("a user id that is a number", Utf8(login.Replace("\"u-strange\"", "17"))),
            new("an endless user id", Utf8(login.Replace("u-strange", new string('u', 5_000)))),
            new("an id that is none", Utf8(login.Replace("@ID", "not-a-uuid"))),
            new("a negative time", Utf8(login.Replace($"{nowMs}", "-1"))),
            new("a time beyond all years", Utf8(login.Replace($"{nowMs}", "999999999999999999"))),
            new("a time beyond all numbers", Utf8(login.Replace($"{nowMs}", "1e400"))),
            new("gold in fractions", Utf8(trade.Replace("\"gold_delta\":-5", "\"gold_delta\":-5.5"))),
            new("gold beyond 64 bits", Utf8(trade.Replace("\"gold_balance\":100", "\"gold_balance\":123456789012345678901234567890"))),
            new("gold beyond the contract", Utf8(trade.Replace("\"gold_balance\":100", "\"gold_balance\":9223372036854775807"))),
            new("a latitude off the globe", Utf8(login.Replace("\"asn\":64500", "\"asn\":64500,\"lat\":91,\"lon\":0"))),
            new("another player's key", Utf8(login), IsEvent: true) { Key = "u-somebody-else" },
            new("an event of 1970", Utf8(login.Replace($"{nowMs}", "1")), IsEvent: true),
            new("an event of the year 9999", Utf8(login.Replace($"{nowMs}", $"{ContractLimits.MaxTimestamp}")), IsEvent: true),
            new("an event of tomorrow", Utf8(trade.Replace($"{nowMs}", $"{nowMs + 86_400_000}")), IsEvent: true),
            new("unknown fields", Utf8(trade[..^1] + ",\"guild\":{\"name\":\"the \\\"lot\\\"\",\"ranks\":[1,null,true]},\"zz\":1e9}"), IsEvent: true),
        ];

        byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text.Replace("@ID", $"{dice.Key(nowMs)}"));
    }
}
