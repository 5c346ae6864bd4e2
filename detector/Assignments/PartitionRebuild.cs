using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Assignments;

/// <summary>A partition's state at its committed offset.</summary>
/// <param name="Engine">Has judged all records before <paramref name="Offset"/>.</param>
/// <param name="Offset">Where live reading begins.</param>
/// <param name="End">The log's end when the rebuild began.</param>
/// <param name="Raised">The alerts for records from <paramref name="Offset"/> on that are in the alerts topic already.</param>
internal sealed record RebuiltPartition(PartitionEngine Engine, long Offset, long End, RaisedAlerts Raised);

/// <summary>
/// Rebuilds the windows of a newly assigned partition: reads from the start of the log to the committed offset, on its own thread and with its own consumer,
/// while the group's consumer reads other partitions. It shares no state with another rebuild: one that was cancelled and ends late does not affect its
/// successor.
/// </summary>
/// <param name="connect">Creates a consumer with the group's id that is not subscribed and reports the ends of partitions.</param>
internal sealed class PartitionRebuild(
    Func<IConsumer<byte[]?, byte[]?>> connect, int partition, RebuildProgress progress, RuleSet rules, TimeProvider time, ILogger log)
{
    /// <summary>How much a rebuild's consumer may fetch ahead; several rebuilds may run at once, beside live partitions.</summary>
    private const int MaxQueuedKilobytes = 16 * 1024;

    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly TopicPartition _input = new(Topics.PlayerEvents, partition);

    /// <summary>How long a rebuild waits after a Kafka error before it begins again.</summary>
    public TimeSpan RetryWait { get; init; } = TimeSpan.FromSeconds(1);

    public static IConsumer<byte[]?, byte[]?> Connect(string bootstrapServers, string group, int partition, TimeProvider time, ILogger log)
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, $"detector-rebuild-{partition}", group);
        config.EnablePartitionEof = true;
        config.QueuedMaxMessagesKbytes = MaxQueuedKilobytes;
        ClientErrors errors = new("rebuild", time, log);
        return new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetLogHandler((_, message) => DetectorLog.Client(log, message.Name, message.Message))
            .SetErrorHandler((_, error) => errors.Report(error))
            .Build();
    }

    /// <summary>Tries until it succeeds; null when cancelled.</summary>
    public RebuiltPartition? Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using IConsumer<byte[]?, byte[]?> consumer = connect();
                RebuiltPartition? rebuilt = Attempt(consumer, cancel);
                consumer.Close();
                return rebuilt;
            }
            catch (KafkaException e) // brokers may be unreachable for a while; a failed attempt has no effect, so it is repeated
            {
                DetectorLog.RebuildFailed(log, partition, e.Error.Reason);
                cancel.WaitHandle.WaitOne(RetryWait);
            }
        }

        return null;
    }

    private RebuiltPartition? Attempt(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancel)
    {
        (long from, long target, long end) = FindOffsets(consumer);
        progress.From = progress.At = from;
        progress.Target = target;
        DetectorLog.RebuildStarted(log, partition, from, target);
        if (from > 0)
        {
            DetectorLog.RebuildIncomplete(log, partition, from);
        }

        PartitionEngine engine = new(partition, rules);
        if (from < target)
        {
            Replay(consumer, engine, from, target, cancel);
        }

        RaisedAlerts raised = RaisedAlerts.Read(consumer, partition, target, log, cancel);
        return cancel.IsCancellationRequested ? null : new(engine, target, end, raised);
    }

    private (long From, long Target, long End) FindOffsets(IConsumer<byte[]?, byte[]?> consumer)
    {
        WatermarkOffsets range = consumer.QueryWatermarkOffsets(_input, QueryTimeout);
        long low = range.Low.Value, high = range.High.Value;
        Offset committed = consumer.Committed([_input], QueryTimeout)[0].Offset;
        if (committed.IsSpecial)
        {
            return (low, low, high);
        }

        if (committed.Value > high)
        {
            DetectorLog.CommittedBeyondEnd(log, partition, committed.Value, high);
        }

        return (low, Math.Clamp(committed.Value, low, high), high);
    }

    private void Replay(IConsumer<byte[]?, byte[]?> consumer, PartitionEngine engine, long from, long target, CancellationToken cancel)
    {
        long logged = time.GetTimestamp();
        long next = from;
        consumer.Assign(new TopicPartitionOffset(_input, from));
        while (!cancel.IsCancellationRequested && next < target)
        {
            ConsumeResult<byte[]?, byte[]?>? record = consumer.Consume(PollWait);
            if (record is not null)
            {
                next = Judge(record, engine, next, target);
                progress.At = next;
            }

            if (time.GetElapsedTime(logged) >= ProgressInterval)
            {
                logged = time.GetTimestamp();
                DetectorLog.Rebuilding(log, partition, next, target, (int)(100 * (next - from) / (target - from)));
            }
        }
    }

    // The last offsets before the target may be markers or gaps, which the consumer does not give. So the end of the partition, or a record at or after the
    // target, also ends the replay.
    private static long Judge(ConsumeResult<byte[]?, byte[]?> record, PartitionEngine engine, long next, long target)
    {
        if (record.IsPartitionEOF || record.Offset.Value >= target)
        {
            return Math.Max(next, Math.Min(record.Offset.Value, target));
        }

        engine.Process(record.Message.Key, record.Message.Value, record.Offset.Value, record.Message.Timestamp.UnixTimestampMs);
        return record.Offset.Value + 1;
    }
}
