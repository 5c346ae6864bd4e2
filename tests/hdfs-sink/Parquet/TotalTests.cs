using System.Text;
using System.Text.Json;
using CsCheck;
using Game.Contracts;
using Game.HdfsSink.Rows;

namespace Game.HdfsSink.Tests.Parquet;

/// <summary>Any bytes in a topic become rows that can be written. A value that ended the sink would end it again after every start.</summary>
public sealed class TotalTests
{
    private const long Noon = 1_795_435_200_000;

    private const string Alert = """
        {"alert_id":"r/v/0/7","rule":"r","rule_version":"v","severity":"critical","score":0.9,"user_id":"u","event_id":"01900000-0000-7000-8000-000000000001","ts":1795435200000,"detected_at":1795435200003,
        "source_topic":"player-events","source_partition":0,"source_offset":7,"reason":"because","features":{"a":1},"window_events":30,"window_from":1795435100000,"window_to":1795435200000}
        """;

    private const string Label = """{"user_id":"u","verdict":"fraud","labelled_at":1795435200000,"source":"anna"}""";

    private const string Truth = """
        {"campaign_id":"c","scenario":"theft","role":"mule","user_id":"u","event_id":"01900000-0000-7000-8000-000000000001","ts":1795435200000}
        """;

    private const string Login = """
        {"type":"login","event_id":"01900000-0000-7000-8000-000000000001","user_id":"u","ts":1795435200000,"server_id":"s","session_id":"i","ip":"203.0.113.7","country":"DE","asn":1,"lat":1.5,"lon":2.5,
        "device_id":"d","client_version":"1","outcome":"ok"}
        """;

    private const string Trade = """
        {"type":"trade","event_id":"01900000-0000-7000-8000-000000000002","user_id":"u","ts":1795435200000,"server_id":"s","session_id":"i","ip":"","trade_id":"t","counterparty_id":"v","channel":"mail",
        "gold_delta":1,"gold_balance":2,"item_id":"x","item_delta":1,"item_value":3,"inventory_value":4}
        """;

    /// <summary>JSON values and texts that are almost JSON; the last ones are not UTF-8 when they are written as Latin-1.</summary>
    private static readonly string[] Hostile =
    [
        "null", "true", "{}", "[]", "[[[]]]", "0", "-0", "1e400", "-1e-400", "0.1e-7", "9223372036854775807", "9223372036854775808", "253402300799999",
            "253402300800000", "99999999999999999999999999999999999999",
        "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\udc00\\ud800\"", "\"a\\ud83d\\ude00b\"", "{\"\\ud800\":1}", "{\"a\":\"\\ud800\"}",
            "[\"\\udfff\"]", "\"\\/\\b\\f\"", "\"01900000-0000-7000-8000-000000000001\"",
        "{\"a\":1,\"a\":2}", "/**/1", "01", "+1", "NaN", "\"tab\there\"", "\"ÿ\"", "{\"ÿþ\":1}",
    ];

    private static readonly string[] Names = ["x", "", "\\u0000", "\\ud800", "user_id", "TS", "features", "ÿ", "a\\nb", "$type", "__proto__"];

    private static Gen<string> Pick(string[] words) => Gen.Int[0, words.Length - 1].Select(i => words[i]);

    private static readonly Gen<Func<string, string>> Change = Gen.OneOf(
        Gen.Select(Pick(Names), Pick(Hostile), (name, value) => (Func<string, string>)(json => $"{json.TrimEnd()[..^1]},\"{name}\":{value}}}")),
        Gen.Select(Gen.Int[0, 30], Pick(Hostile), (field, value) => (Func<string, string>)(json => Replace(json, field, value))),
        Gen.Select(Gen.Int[0, 1_000], Gen.Char[(char)0, (char)255],
            (at, c) => (Func<string, string>)(json => json.Remove(at % json.Length, 1).Insert(at % json.Length, c.ToString()))),
        Gen.Int[0, 80].Select(depth => (Func<string, string>)(json => $"{json.TrimEnd()[..^1]},\"deep\":{new string('[', depth)}{new string(']', depth)}}}")));

    [Theory]
    [InlineData(Topics.Alerts, Alert)]
    [InlineData(Topics.Labels, Label)]
    [InlineData(Topics.SimulationTruth, Truth)]
    [InlineData(Topics.PlayerEvents, Login)]
    [InlineData(Topics.PlayerEvents, Trade)]
    public void Any_value_becomes_a_row_that_can_be_written(string topic, string good)
    {
        RowsOf(topic, Bytes(good)).Undecodable.ShouldBe(0);
        Change.Array[0, 3].Array[40].Sample(batch =>
        {
            byte[][] values = [.. batch.Select(changes => Bytes(changes.Aggregate(good, (json, change) => change(json))))];
            DecodedBatch rows = RowsOf(topic, values);
            rows.Files.Sum(file => file.Rows).ShouldBe(values.Length);
        }, iter: 100, threads: 1);
    }

    /// <summary>An escaped half of a surrogate pair is valid JSON, so a field that the contract does not name may hold it.</summary>
    [Theory]
    [InlineData(Topics.Alerts, Alert)]
    [InlineData(Topics.Labels, Label)]
    [InlineData(Topics.SimulationTruth, Truth)]
    [InlineData(Topics.PlayerEvents, Login)]
    public async Task Half_a_surrogate_pair_is_kept_in_an_unknown_field(string topic, string good)
    {
        byte[] value = Bytes($$"""{{good.TrimEnd()[..^1]}},"x":"\ud800"}""");
        ParquetRows rows = (await ParquetRows.WriteAndReadAsync(Tables.Of(topic), new RawRecord(0, 0, Noon, null, value))).Single().Value;
        rows["_extra"][0].ShouldBe("""{"x":"\ud800"}""");
        rows["user_id"][0].ShouldBe("u");
    }

    [Theory]
    [InlineData(Topics.Alerts, Alert)]
    [InlineData(Topics.Labels, Label)]
    [InlineData(Topics.SimulationTruth, Truth)]
    [InlineData(Topics.PlayerEvents, Login)]
    public async Task What_is_not_UTF_8_is_kept_raw(string topic, string good)
    {
        byte[] value = Bytes($$"""{{good.TrimEnd()[..^1]}},"x":"ÿ"}""");
        ParquetRows rows = (await ParquetRows.WriteAndReadAsync(Tables.Of(topic), new RawRecord(0, 0, Noon, [0xFF], value))).Single().Value;
        rows["_raw"][0].ShouldBe(value);
    }

    private static DecodedBatch RowsOf(string topic, params byte[][] values)
    {
        DecodedBatch rows = Tables.Of(topic).Decode(new RecordBatch(0, values.Length,
            [.. values.Select((value, offset) => new RawRecord(0, offset, Noon, value, value))], 0));
        foreach (PendingFile file in rows.Files)
        {
            file.EncodeAsync(new MemoryStream()).GetAwaiter().GetResult();
        }
        return rows;
    }

    private static string Replace(string json, int field, string value)
    {
        // Another change has already made the text invalid JSON; it stays as it is.
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            List<JsonProperty> fields = [.. document.RootElement.EnumerateObject()];
            string chosen = fields[field % fields.Count].Name;
            return "{" + string.Join(',', fields.Select(f => $"\"{f.Name}\":{(f.Name == chosen ? value : f.Value.GetRawText())}")) + "}";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return json;
        }
    }

    private static byte[] Bytes(string latin) => Encoding.Latin1.GetBytes(latin);
}
