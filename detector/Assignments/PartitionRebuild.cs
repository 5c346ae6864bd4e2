using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Rules;
using Game.Detector.Logging;
using Game.Detector.Partitions;

namespace Game.Detector.Assignments;

/// <summary>A partition's state as its former owner left it.</summary>
/// <param name="Engine">Fed with all records before <paramref name="Offset"/>.</param>
/// <param name="Offset">Where live reading begins.</param>
/// <param name="Raised">Alerts from there on that are in the topic already.</param>
internal sealed record RebuiltPartition(PartitionEngine Engine, long Offset, RaisedAlerts Raised);

/// <summary>
/// Rebuilds the windows of a newly assigned partition on a thread and with a consumer of its own, from the start of the log to the committed offset, while the
/// group's consumer goes on with other partitions.
/// </summary>
internal sealed class PartitionRebuild(string bootstrapServers, string group, PartitionStatus status, RuleSet rules, TimeProvider time, ILogger log)
{
    /// <summary>Several rebuilds run at once beside live partitions: each may hold this much unread.</summary>
    private const int MaxQueuedKilobytes = 16 * 1024;

    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(1);

    private readonly TopicPartition _input = new(Topics.PlayerEvents, status.Partition);

    /// <summary>Tries until it succeeds or is cancelled, which gives null.</summary>
    public RebuiltPartition? Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using IConsumer<byte[]?, byte[]?> consumer = Consumer();
                RebuiltPartition? rebuilt = Attempt(consumer, cancel);
                consumer.Close();
                return rebuilt;
            }
            catch (KafkaException e) // brokers come and go: an attempt has no effect, so it is simply made again
            {
                DetectorLog.RebuildFailed(log, status.Partition, e.Error.Reason);
                cancel.WaitHandle.WaitOne(RetryWait);
            }
        }

        return null;
    }

    private IConsumer<byte[]?, byte[]?> Consumer()
    {
        ConsumerConfig config = ClientSettings.Consumer(bootstrapServers, $"detector-rebuild-{status.Partition}", group);
        config.EnablePartitionEof = true;
        config.QueuedMaxMessagesKbytes = MaxQueuedKilobytes;
        ClientErrors errors = new("rebuild", time, log);
        return new ConsumerBuilder<byte[]?, byte[]?>(config)
            .SetLogHandler((_, message) => DetectorLog.Client(log, message.Name, message.Message))
            .SetErrorHandler((_, error) => errors.Tell(error))
            .Build();
    }

    private RebuiltPartition? Attempt(IConsumer<byte[]?, byte[]?> consumer, CancellationToken cancel)
    {
        (long from, long target) = Range(consumer);
        status.RebuildFrom = status.RebuildAt = from;
        status.RebuildTarget = target;
        DetectorLog.RebuildStarted(log, status.Partition, from, target);
        if (from > 0)
        {
            DetectorLog.RebuildIncomplete(log, status.Partition, from);
        }
        PartitionEngine engine = new(status.Partition, rules);
        if (from < target)
        {
            Replay(consumer, engine, from, target, cancel);
        }
        RaisedAlerts raised = RaisedAlerts.Read(consumer, status.Partition, target, cancel);
        return cancel.IsCancellationRequested ? null : new(engine, target, raised);
    }

    private (long From, long Target) Range(IConsumer<byte[]?, byte[]?> consumer)
    {
        WatermarkOffsets log0 = consumer.QueryWatermarkOffsets(_input, QueryTimeout);
        long low = log0.Low.Value, high = log0.High.Value;
        Offset committed = consumer.Committed([_input], QueryTimeout)[0].Offset;
        status.End = high;
        if (committed.IsSpecial)
        {
            return (low, low);
        }
        if (committed.Value > high)
        {
            DetectorLog.CommittedBeyondEnd(log, status.Partition, committed.Value, high);
        }
        return (low, Math.Clamp(committed.Value, low, high));
    }

    private void Replay(IConsumer<byte[]?, byte[]?> consumer, PartitionEngine engine, long from, long target, CancellationToken cancel)
    {
        long told = time.GetTimestamp();
        consumer.Assign(new TopicPartitionOffset(_input, from));
        while (!cancel.IsCancellationRequested && status.RebuildAt < target)
        {
            ConsumeResult<byte[]?, byte[]?>? record = consumer.Consume(PollWait);
            if (record is not null && !record.IsPartitionEOF && record.Offset.Value < target)
            {
                engine.Process(record.Message.Key, record.Message.Value, record.Offset.Value, record.Message.Timestamp.UnixTimestampMs);
            }
            if (record is not null)
            {
                status.RebuildAt = record.IsPartitionEOF || record.Offset.Value >= target ? Math.Max(status.RebuildAt, Math.Min(record.Offset.Value, target))
                    : record.Offset.Value + 1;
            }
            if (time.GetElapsedTime(told) < ProgressInterval)
            {
                continue;
            }
            told = time.GetTimestamp();
            DetectorLog.RebuildProgress(log, status.Partition, status.RebuildAt, target, (int)(100 * (status.RebuildAt - from) / (target - from)));
        }
    }
}
