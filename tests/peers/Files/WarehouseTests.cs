using System.Text.Json;

namespace Peers.Tests.Files;

/// <summary>The sink's files, read by Apache Parquet's reader.</summary>
public sealed class WarehouseTests : IDisposable
{
    private const string EventId = "0193a5c0-7b1e-7c3d-8e4f-5a6b7c8d9e0e";
    private readonly TempFolder _folder = new();
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Schema_and_rows_are_read()
    {
        Need.Apache();
        await using BrokerProcess broker = await BrokerProcess.StartAsync(_folder["broker"]);
        foreach (string topic in (string[])["player-events", "alerts"])
        {
            await Kafka.CreateTopicAsync(broker.BootstrapServers, topic, 1, [("retention.ms", "-1")]);
        }
        string?[] events = [Login(), Trade(), "no JSON at all", null];
        await Kafka.ProduceAsync(broker.BootstrapServers, "player-events", events);
        await Kafka.ProduceAsync(broker.BootstrapServers, "alerts", [Alert()]);
        await SinkAsync(broker, ("player-events", events.Length), ("alerts", 1));

        string schema = await Apache.ParquetAsync("schema", Files("player-events")[0]);
        foreach (string column in (string[])["type", "event_id", "user_id", "ts", "gold_delta", "item_value", "outcome", "_partition", "_offset",
            "_appended_at", "_extra", "_raw", "_deleted"])
        {
            schema.ShouldContain($"\"name\" : \"{column}\"");
        }
        JsonElement[] rows = await RowsAsync("player-events");
        rows.Select(row => row.GetProperty("_offset").GetInt64()).ShouldBe([0, 1, 2, 3]);
        Text(rows[0], "event_id").ShouldBe(EventId);
        rows[0].GetProperty("ts").GetInt64().ShouldBe(_now);
        Text(rows[0], "_extra")!.ShouldContain("\"mood\":\"fine\"");
        rows[1].GetProperty("gold_delta").GetInt64().ShouldBe(-1500);
        rows[2].GetProperty("event_id").ValueKind.ShouldBe(JsonValueKind.Null);
        Text(rows[2], "_raw").ShouldBe("no JSON at all");
        rows[3].GetProperty("_deleted").GetBoolean().ShouldBeTrue();

        JsonElement alert = (await RowsAsync("alerts")).Single();
        Text(alert, "alert_id").ShouldBe("ip-change/9f2c/3/1234");
        alert.GetProperty("features").GetProperty("speed_kmh").GetDouble().ShouldBe(4200.5);
    }

    private async Task SinkAsync(BrokerProcess broker, params (string Topic, int Records)[] topics)
    {
        int port = FreePorts.Take();
        IReadOnlyDictionary<string, string> environment = Programs.Environment(_folder.Path);
        await using RunningProgram hdfs = RunningProgram.Start(Programs.PathOf("local-webhdfs"), ["--root", _folder["hdfs"], "--port", $"{port}"], environment);
        await hdfs.LineAsync("WebHDFS over", Kafka.Patience);
        await using RunningProgram sink = RunningProgram.Start(Programs.PathOf("hdfs-sink"),
            ["--bootstrap-server", broker.BootstrapServers, "--webhdfs", $"http://127.0.0.1:{port}", "--topics", string.Join(',', topics.Select(t => t.Topic)),
                "--partitions", "1", "--rotate-seconds", "2"], environment);
        foreach ((string topic, int records) in topics)
        {
            await Until.HoldsAsync($"the sink has written {topic}", Kafka.Patience, async () => sink.HasExited ? throw new RunningProgramException(sink.Said)
                : (await Kafka.CommittedAsync(broker.BootstrapServers, "hdfs-sink", topic)).GetValueOrDefault(0) == records);
        }

        sink.Send(Signal.Terminate);
        await sink.ExitAsync(Kafka.Patience);
    }

    private string[] Files(string topic)
    {
        string warehouse = Path.Combine(_folder["hdfs"], "warehouse", topic);
        return Directory.Exists(warehouse)
            ? [.. Directory.GetFiles(warehouse, "*.parquet", SearchOption.AllDirectories).Where(file => file.Contains("/dt=", StringComparison.Ordinal))] : [];
    }

    // Rows without a time of their own are in another file than rows with one.
    private async Task<JsonElement[]> RowsAsync(string topic)
    {
        List<JsonElement> rows = new();
        foreach (string file in Files(topic))
        {
            rows.AddRange((await Apache.ParquetAsync("cat", file)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement));
        }
        return [.. rows.OrderBy(row => row.GetProperty("_offset").GetInt64())];
    }

    private static string? Text(JsonElement row, string column) => row.GetProperty(column).GetString();

    private string Login()
        => $$"""{"type":"login","event_id":"{{EventId}}","user_id":"k0","ts":{{_now}},"server_id":"gs-1","session_id":"s-77","ip":"203.0.113.9","country":"DE","asn":3320,"lat":52.52,"lon":13.405,"device_id":"d-1","client_version":"4.2.0","outcome":"ok","mood":"fine"}""";

    private string Trade()
        => $$"""{"type":"trade","event_id":"0193a5c0-7b1e-7c3d-8e4f-5a6b7c8d9e0f","user_id":"k1","ts":{{_now}},"server_id":"gs-1","session_id":"","ip":"","trade_id":"t-9","counterparty_id":"u-000043","channel":"guild-bank","gold_delta":-1500,"gold_balance":250,"item_id":"sword","item_delta":2,"item_value":750,"inventory_value":9000}""";

    private string Alert()
        => $$$"""{"alert_id":"ip-change/9f2c/3/1234","rule":"ip-change","rule_version":"9f2c","severity":"critical","score":0.93,"user_id":"k0","event_id":"{{{EventId}}}","ts":{{{_now}}},"detected_at":{{{_now}}},"source_topic":"player-events","source_partition":3,"source_offset":1234,"reason":"The address moved to another country.","features":{"new_country":1,"speed_kmh":4200.5},"window_events":30,"window_from":{{{_now}}},"window_to":{{{_now}}}}""";
}
