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
    /// <summary>A group whose commits were lost reads records again that were judged before; their alerts are in the topic.</summary>
    [Fact]
    public async Task Alerts_raised_before_the_commits_were_lost_are_not_raised_again()
    {
        await CreateAsync(Topics.PlayerEvents);
        await WriteAsync(Topics.PlayerEvents, [.. PlayerLife.Of("u-1"), .. PlayerLife.Of("u-2")]);
        await using (DetectorHost first = new(BootstrapServers))
        {
            await first.ReachesAsync("detector_events_total", 22);
            (await first.StopAsync()).ShouldBe(0);
        }

        Alert[] alerts = [.. Read(Topics.Alerts, 2).Select(record => PlayerLife.Decode(record.Message.Value))];
        alerts.Select(alert => alert.UserId).ShouldBe(["u-1", "u-2"]);
        Committed().ShouldBe(22);

        Commit(11); // within the log, between the two
        await using DetectorHost second = new(BootstrapServers);
        await second.ReachesAsync("detector_events_total", 11);
        (await second.MetricAsync("detector_alerts_already_raised_total")).ShouldBe(1);
        (await second.MetricAsync("detector_alerts_total")).ShouldBe(0);
        await WriteAsync(Topics.PlayerEvents, PlayerLife.Of("u-3"));
        await second.ReachesAsync("detector_alerts_total", 1);
        await second.StopAsync();
        Read(Topics.Alerts, 3).Select(record => PlayerLife.Decode(record.Message.Value).UserId).ShouldBe(["u-1", "u-2", "u-3"]);
        EndOf(Topics.Alerts).ShouldBe(3);
    }

    [Fact]
    public async Task A_rebuild_from_above_offset_0_shows_it_in_log_and_metric()
    {
        await CreateAsync(Topics.PlayerEvents, ("segment.bytes", "1024"), ("retention.ms", "1000"));
        await CreateAsync(Topics.Alerts);
        await WriteAsync(Topics.PlayerEvents,
            [.. PlayerLife.Of("u-1").Select(record => new Message<byte[], byte[]> { Key = record.Key, Value = record.Value,
                Timestamp = new Timestamp(PlayerLife.Start, TimestampType.CreateTime) })]);
        using IConsumer<string, string> asker = Kafka.Consumer(BootstrapServers, DetectorOptions.DetectorGroup);
        long low = 0;
        await Until.HoldsAsync("old segments are deleted", Kafka.Patience,
            () => (low = asker.QueryWatermarkOffsets(new TopicPartition(Topics.PlayerEvents, 0), Kafka.Patience).Low.Value) > 5);
        await AlterAsync(Topics.PlayerEvents, "retention.ms", "-1"); // a detector refuses a topic that still expires events
        Commit(11);

        CollectingLog log = new();
        RebuildProgress progress = new();
        PartitionRebuild rebuild = new(() => PartitionRebuild.Connect(BootstrapServers, DetectorOptions.DetectorGroup, 0, TimeProvider.System, log), 0,
            progress, new RuleSet(), TimeProvider.System, log);
        RebuiltPartition rebuilt = rebuild.Run(TestContext.Current.CancellationToken).ShouldNotBeNull();

        log.Lines.ShouldContain(line => line.Contains($"starts at offset {progress.From}, not 0", StringComparison.Ordinal));
        progress.From.ShouldBeGreaterThanOrEqualTo(low);
        rebuilt.Offset.ShouldBe(11);
        await using DetectorHost detector = new(BootstrapServers);
        await detector.ReachesAsync("detector_rebuild_start", low);
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
