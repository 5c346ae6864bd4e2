using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;
using Game.Detector.Partitions;
using Game.Detector.Rules;

namespace Game.Detector.Assignments;

/// <summary>A partition's state as its former owner left it.</summary>
/// <param name="Engine">Fed with all records before <paramref name="Offset"/>.</param>
/// <param name="Offset">Where live reading begins.</param>
/// <param name="End">The log's end when the rebuild began.</param>
/// <param name="Raised">Alerts from <paramref name="Offset"/> on that are in the topic already.</param>
internal sealed record RebuiltPartition(PartitionEngine Engine, long Offset, long End, RaisedAlerts Raised);

/// <summary>
/// Rebuilds the windows of a newly assigned partition on a thread and with a consumer of its own, from the start of the log to the committed offset, while the
/// group's consumer goes on with other partitions. All its state is its own: a rebuild that was cancelled and ends late changes nothing of its successor.
/// </summary>
/// <param name="connect">Gives a consumer of the group's id that is not subscribed and reports partition ends.</param>
internal sealed class PartitionRebuild(
    Func<IConsumer<byte[]?, byte[]?>> connect, int partition, RebuildProgress progress, RuleSet rules, TimeProvider time, ILogger log)
{
    /// <summary>Several rebuilds run at once beside live partitions: each may hold this much unread.</summary>
    private const int MaxQueuedKilobytes = 16 * 1024;

    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly TopicPartition _input = new(Topics.PlayerEvents, partition);

    /// <summary>How long a rebuild waits after an error of the brokers before it begins again.</summary>
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

    /// <summary>Tries until it succeeds or is cancelled, which gives null.</summary>
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
            catch (KafkaException e) // brokers come and go: an attempt has no effect, so it is simply made again
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

    // The records before the target may end with markers and gaps, which are never given: the end of the partition, or a record from the target on, ends them.
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
