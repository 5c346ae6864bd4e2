using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;

namespace Game.Detector.Assignments;

/// <summary>
/// The alerts that earlier owners of a partition raised for records at or after the committed offset. They are read from the alerts partition, from its end
/// backwards in growing steps, until an alert for an earlier record is found. Two alerts are the same if their rule and their input offset are the same.
/// </summary>
internal sealed class RaisedAlerts
{
    private const int FirstStep = 500;
    private const int StepGrowth = 4;
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<(string Rule, long Offset)> _raised = [];
    private long _first = long.MaxValue;
    private long _last = -1;

    public int Count => _raised.Count;

    /// <summary>
    /// Input offset before which no alert is raised, because an earlier owner has judged all records before it. Alerts are written in the order of their input
    /// offsets, so this is the offset of the first alert that is left where older ones have expired; 0 where none has expired.
    /// </summary>
    public long JudgedBefore { get; private set; }

    public bool Contains(Alert alert)
        => alert.SourceOffset < JudgedBefore || (alert.SourceOffset <= _last && _raised.Contains((alert.Rule, alert.SourceOffset)));

    /// <summary>Reads the alerts with a consumer that is not subscribed and reports the ends of partitions.</summary>
    /// <exception cref="KafkaException">The brokers do not answer or refuse.</exception>
    public static RaisedAlerts Read(IConsumer<byte[]?, byte[]?> consumer, int partition, long committed, ILogger log, CancellationToken cancel)
    {
        RaisedAlerts found = new();
        TopicPartition alerts = new(Topics.Alerts, partition);
        WatermarkOffsets range = consumer.QueryWatermarkOffsets(alerts, QueryTimeout);
        long to = range.High.Value, step = FirstStep;
        bool foundEarlier = false;
        while (to > range.Low.Value && !foundEarlier && !cancel.IsCancellationRequested)
        {
            long from = Math.Max(range.Low.Value, to - step);
            foundEarlier = found.ReadChunk(consumer, new TopicPartitionOffset(alerts, from), to, committed, cancel);
            to = from;
            step *= StepGrowth;
        }

        consumer.Unassign();
        if (range.Low.Value > 0 && !foundEarlier && !cancel.IsCancellationRequested)
        {
            found.AssumeExpired(partition, committed, log);
        }

        return found;
    }

    private void AssumeExpired(int partition, long committed, ILogger log)
    {
        if (_raised.Count > 0 && _first > committed)
        {
            JudgedBefore = _first;
            DetectorLog.AlertsExpired(log, partition, committed, JudgedBefore);
        }
    }

    private bool ReadChunk(IConsumer<byte[]?, byte[]?> consumer, TopicPartitionOffset from, long to, long committed, CancellationToken cancel)
    {
        bool foundEarlier = false;
        consumer.Assign(from);
        while (!cancel.IsCancellationRequested)
        {
            ConsumeResult<byte[]?, byte[]?>? record = consumer.Consume(PollWait);
            if (record is null)
            {
                continue;
            }

            if (record.IsPartitionEOF || record.Offset.Value >= to)
            {
                break;
            }

            if (ContractJson.TryDecode(record.Message.Value, out Alert alert, out _))
            {
                foundEarlier |= !Keep(alert, committed);
            }

            if (record.Offset.Value + 1 == to)
            {
                break;
            }
        }

        return foundEarlier;
    }

    private bool Keep(Alert alert, long committed)
    {
        if (alert.SourceOffset < committed)
        {
            return false;
        }

        _raised.Add((alert.Rule, alert.SourceOffset));
        _first = Math.Min(_first, alert.SourceOffset);
        _last = Math.Max(_last, alert.SourceOffset);
        return true;
    }
}
