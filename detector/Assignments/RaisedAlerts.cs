using Confluent.Kafka;
using Game.Contracts;

namespace Game.Detector.Assignments;

/// <summary>
/// Which alerts an earlier owner of a partition raised beyond the offset it committed: read from the end of the alerts partition backwards, in steps that grow,
/// until an alert of an earlier input offset is met. Alerts are the same when rule and input offset are.
/// </summary>
internal sealed class RaisedAlerts
{
    private const int FirstStep = 500;
    private const int StepGrowth = 4;
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<(string Rule, long Offset)> _raised = [];
    private long _last = -1;

    public int Count => _raised.Count;

    public bool Contains(Alert alert) => alert.SourceOffset <= _last && _raised.Contains((alert.Rule, alert.SourceOffset));

    /// <summary>Reads with a consumer that is not subscribed and reports partition ends.</summary>
    /// <exception cref="KafkaException">The brokers cannot be asked.</exception>
    public static RaisedAlerts Read(IConsumer<byte[]?, byte[]?> consumer, int partition, long committed, CancellationToken cancel)
    {
        RaisedAlerts found = new();
        TopicPartition alerts = new(Topics.Alerts, partition);
        WatermarkOffsets range = consumer.QueryWatermarkOffsets(alerts, QueryTimeout);
        long to = range.High.Value, step = FirstStep;
        bool metEarlier = false;
        while (to > range.Low.Value && !metEarlier && !cancel.IsCancellationRequested)
        {
            long from = Math.Max(range.Low.Value, to - step);
            metEarlier = found.ReadChunk(consumer, new TopicPartitionOffset(alerts, from), to, committed, cancel);
            to = from;
            step *= StepGrowth;
        }

        consumer.Unassign();
        return found;
    }

    private bool ReadChunk(IConsumer<byte[]?, byte[]?> consumer, TopicPartitionOffset from, long to, long committed, CancellationToken cancel)
    {
        bool metEarlier = false;
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
                metEarlier |= !Keep(alert, committed);
            }
            if (record.Offset.Value + 1 == to)
            {
                break;
            }
        }

        return metEarlier;
    }

    private bool Keep(Alert alert, long committed)
    {
        if (alert.SourceOffset < committed)
        {
            return false;
        }
        _raised.Add((alert.Rule, alert.SourceOffset));
        _last = Math.Max(_last, alert.SourceOffset);
        return true;
    }
}
