using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Integration.Tests.Detector;

/// <summary>A record that the detector cannot use must not stop it.</summary>
public sealed class DeadLetterTests : DetectorBroker
{
    private static readonly Message<byte[], byte[]> Giant = new() { Key = new byte[150_000], Value = new byte[890_000] };

    [Fact]
    public async Task A_giant_record_is_cut_and_the_detector_continues()
    {
        await CreateAsync(Topics.PlayerEvents);
        await WriteAsync(Topics.PlayerEvents, Giant, new() { Key = [1], Value = "{}"u8.ToArray() });
        await using DetectorHost detector = new(BootstrapServers);
        await detector.ReachesAsync("detector_dead_letters_total", 2);

        Message<byte[], byte[]> letter = Read(Topics.DeadLetters, 2).Select(record => record.Message).Single(message => message.Key.Length > 1);
        (letter.Key.Length, letter.Value.Length, Header(letter, "key-truncated-from")).ShouldBe((65_536, 890_000, "150000"));
        (await detector.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Where_the_brokers_accept_less_a_stub_names_the_record()
    {
        await CreateAsync(Topics.PlayerEvents);
        await CreateAsync(Topics.DeadLetters, ("max.message.bytes", "50000"));
        await WriteAsync(Topics.PlayerEvents, Giant, new() { Key = [1], Value = "{}"u8.ToArray() });
        await using DetectorHost detector = new(BootstrapServers);
        await detector.ReachesAsync("detector_dead_letters_total", 2);

        Message<byte[], byte[]> stub = Read(Topics.DeadLetters, 2).Select(record => record.Message).Single(message => Header(message, "source-offset") == "0");
        (stub.Key.Length, stub.Value.Length, Header(stub, "truncated-from"), Header(stub, "source-topic")).ShouldBe((0, 0, "890000", Topics.PlayerEvents));
        (await detector.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task The_filter_copies_critical_alerts_unchanged_and_no_giant_one()
    {
        await CreateAsync(Topics.Alerts);
        await CreateAsync(Topics.AlertsPriority);
        Headers headers = new() { { "schema", Schemas.Alert }, { "traceparent", "00-a-b-01"u8.ToArray() }, { "mine", [1, 2] } };
        byte[] critical = Alert("critical", "one");
        await WriteAsync(
            Topics.Alerts,
            new() { Key = "u-1"u8.ToArray(), Value = Alert("warning", "none") },
            new() { Key = "u-1"u8.ToArray(), Value = critical, Headers = headers },
            new() { Key = new byte[1_010_000], Value = Alert("critical", "giant") },
            new() { Key = "u-2"u8.ToArray(), Value = Alert("critical", "two") });
        await using DetectorHost filter = new(BootstrapServers, isFilter: true);
        await filter.ReachesAsync("detector_events_total", 4);

        List<ConsumeResult<byte[], byte[]>> copies = Read(Topics.AlertsPriority, 2);
        Message<byte[], byte[]> copy = copies.Select(record => record.Message).Single(message => message.Value.AsSpan().SequenceEqual(critical));
        copy.Key.ShouldBe("u-1"u8.ToArray());
        copy.Headers.Select(header => (header.Key, Convert.ToHexString(header.GetValueBytes())))
            .ShouldBe(headers.Select(header => (header.Key, Convert.ToHexString(header.GetValueBytes()))));
        Header(Read(Topics.DeadLetters, 1)[0].Message, "reason").ShouldBe("the alert is too large to be copied");
        (await filter.StopAsync()).ShouldBe(0);
        EndOf(Topics.AlertsPriority).ShouldBe(2);
    }

    private static byte[] Alert(string severity, string id) => Encoding.UTF8.GetBytes(
        $$"""{"alert_id":"{{id}}","rule":"r","rule_version":"v","severity":"{{severity}}","score":0.9,"user_id":"u","event_id":"01900000-0000-7000-8000-000000000001","ts":1,"detected_at":2,"source_topic":"player-events","source_partition":0,"source_offset":0,"reason":"","features":{},"window_events":1,"window_from":0,"window_to":0}""");

    private static string Header(Message<byte[], byte[]> message, string name)
        => message.Headers.TryGetLastBytes(name, out byte[] value) ? Encoding.UTF8.GetString(value) : "";
}
