using System.Text;
using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Hosting;
using Game.Detector.Assignments;
using Game.Detector.Rules;
using Microsoft.Extensions.Logging;

namespace Integration.Tests.Detector;

public sealed class RebuildTests : DetectorBroker
{
    private const long Start = 1_790_000_000_000;
    private const long Day = 86_400_000;

    /// <summary>A group whose commits were lost stands before records that were judged already: their alerts are in the topic.</summary>
    [Fact]
    public async Task What_was_raised_before_the_committed_offset_was_lost_is_not_raised_again()
    {
        await CreateAsync(Topics.PlayerEvents);
        await WriteAsync(Topics.PlayerEvents, [.. Life("u-1"), .. Life("u-2")]);
        await using (DetectorHost first = new(BootstrapServers))
        {
            await first.ReachesAsync("detector_events_total", 22);
            (await first.StopAsync()).ShouldBe(0);
        }

        Alert[] alerts = [.. Read(Topics.Alerts, 2).Select(record => Decode(record.Message.Value))];
        alerts.Select(alert => alert.UserId).ShouldBe(["u-1", "u-2"]);
        Committed().ShouldBe(22);

        Commit(11); // within the log, between the two
        await using DetectorHost second = new(BootstrapServers);
        await second.ReachesAsync("detector_events_total", 11);
        (await second.MetricAsync("detector_alerts_already_raised_total")).ShouldBe(1);
        (await second.MetricAsync("detector_alerts_total")).ShouldBe(0);
        await WriteAsync(Topics.PlayerEvents, Life("u-3"));
        await second.ReachesAsync("detector_alerts_total", 1);
        await second.StopAsync();
        Read(Topics.Alerts, 3).Select(record => Decode(record.Message.Value).UserId).ShouldBe(["u-1", "u-2", "u-3"]);
        EndOf(Topics.Alerts).ShouldBe(3);
    }

    [Fact]
    public async Task A_rebuild_above_offset_0_says_so_in_log_and_metric()
    {
        await CreateAsync(Topics.PlayerEvents, ("segment.bytes", "1024"), ("retention.ms", "1000"));
        await CreateAsync(Topics.Alerts);
        await WriteAsync(Topics.PlayerEvents,
            [.. Life("u-1").Select(record => new Message<byte[], byte[]> { Key = record.Key, Value = record.Value,
                Timestamp = new Timestamp(Start, TimestampType.CreateTime) })]);
        using IConsumer<string, string> asker = Kafka.Consumer(BootstrapServers, DetectorOptions.DetectorGroup);
        long low = 0;
        await Until.HoldsAsync("old segments are gone", Kafka.Patience,
            () => (low = asker.QueryWatermarkOffsets(new TopicPartition(Topics.PlayerEvents, 0), Kafka.Patience).Low.Value) > 5);
        await AlterAsync(Topics.PlayerEvents, "retention.ms", "-1"); // a detector refuses a topic that goes on losing events
        Commit(11);

        CollectingLog log = new();
        PartitionStatus status = new(0);
        RebuiltPartition rebuilt = new PartitionRebuild(BootstrapServers, DetectorOptions.DetectorGroup, status, new RuleSet(), TimeProvider.System, log)
            .Run(TestContext.Current.CancellationToken).ShouldNotBeNull();

        log.Lines.ShouldContain(line => line.Contains($"starts at offset {status.RebuildFrom}, not 0", StringComparison.Ordinal));
        status.RebuildFrom.ShouldBeGreaterThanOrEqualTo(low);
        rebuilt.Offset.ShouldBe(11);
        await using DetectorHost detector = new(BootstrapServers);
        await detector.ReachesAsync("detector_rebuild_start", low);
    }

    /// <summary>Ten days of logging in at home, then a stranger on another continent: eleven events, one alert.</summary>
    private static Message<byte[], byte[]>[] Life(string user)
        => [.. Enumerable.Range(0, 10).Select(day => Login(user, Start + (day * Day), "20.0.1.7", "DE", 64_500, "phone")),
        Login(user, Start + (9 * Day) + 60_000, "30.0.1.7", "AU", 64_700, "burner")];

    private static Message<byte[], byte[]> Login(string user, long ts, string ip, string country, uint asn, string device)
    {
        using EventEncoder encoder = new();
        byte[] value = encoder.Encode(new LoginEvent
        {
            EventId = Guid.CreateVersion7(),
            UserId = user,
            Ts = ts,
            ServerId = "gs-1",
            SessionId = "s-1",
            Ip = ip,
            Country = country,
            Asn = asn,
            DeviceId = device,
            ClientVersion = "4.2.0",
            Outcome = LoginOutcome.Ok,
        }).ToArray();
        return new() { Key = Encoding.UTF8.GetBytes(user), Value = value };
    }

    private static Alert Decode(byte[] value)
    {
        ContractJson.TryDecode(value, out Alert alert, out string error).ShouldBeTrue(error);
        return alert;
    }

    private void Commit(long offset)
    {
        using IConsumer<string, string> consumer = Kafka.Consumer(BootstrapServers, DetectorOptions.DetectorGroup);
        consumer.Commit([new TopicPartitionOffset(Topics.PlayerEvents, 0, offset)]);
    }

    private long Committed()
    {
        using IConsumer<string, string> consumer = Kafka.Consumer(BootstrapServers, DetectorOptions.DetectorGroup);
        return consumer.Committed([new TopicPartition(Topics.PlayerEvents, 0)], Kafka.Patience)[0].Offset.Value;
    }

    private sealed class CollectingLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add(formatter(state, exception));
            }
        }
    }
}
