using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Consuming;
using Game.Detector.Sending;
using Game.Detector.Assignments;

namespace Game.Detector.Filtering;

/// <summary>
/// Copies critical alerts to <c>alerts-priority</c>, with key, value and headers unchanged. It keeps no state. After a crash, or put out of its group,
/// it may copy some alerts again; the copies have the same <c>alert_id</c>.
/// </summary>
internal sealed class FilterWork(IReadOnlyList<PartitionStatus> statuses, Outbox outbox, AlertSender sender) : IGroupWork
{
    private readonly PartitionLedger?[] _ledgers = new PartitionLedger?[statuses.Count];

    public void Assign(int partition, PartitionLedger ledger)
    {
        _ledgers[partition] = ledger;
        statuses[partition].Phase = PartitionPhase.Live;
    }

    public void Release(int partition)
    {
        _ledgers[partition] = null;
        statuses[partition].Phase = PartitionPhase.NotAssigned;
    }

    public void Consume(ConsumeResult<byte[]?, byte[]?> record, CancellationToken cancel)
    {
        PartitionLedger ledger = _ledgers[record.Partition.Value]!;
        PartitionStatus status = statuses[record.Partition.Value];
        long offset = record.Offset.Value;
        if (ledger.Next < 0)
        {
            ledger.Start(offset);
        }
        status.Events++;
        if (!ContractJson.TryDecode(record.Message.Value, out Alert alert, out string error))
        {
            status.DeadLetters++;
            sender.SendDeadLetter(record, error, ledger.AddOutput(offset), cancel);
        }
        else if (alert.Severity == AlertSeverity.Critical)
        {
            status.Alerts++;
            outbox.Send(Copy(record), ledger.AddOutput(offset), cancel);
        }

        ledger.MarkRead(offset);
        status.Position = offset + 1;
    }

    public void BetweenRecords(IConsumer<byte[]?, byte[]?> consumer)
    {
        // The filter has nothing to do between records.
    }

    public void UpdateStatus(IConsumer<byte[]?, byte[]?> consumer)
    {
        for (int partition = 0; partition < _ledgers.Length; partition++)
        {
            if (_ledgers[partition] is { Next: >= 0 })
            {
                statuses[partition].End = Math.Max(statuses[partition].Position,
                    consumer.GetWatermarkOffsets(new TopicPartition(Topics.Alerts, partition)).High.Value);
            }
        }
    }

    // Any producer may have written the alert with any key and headers, and a record from a compressed batch may be too large when it is sent alone: then its
    // dead letter is sent instead.
    private static Outgoing Copy(ConsumeResult<byte[]?, byte[]?> record)
    {
        Message<byte[]?, byte[]?> message = record.Message;
        return new(new TopicPartition(Topics.AlertsPriority, Partition.Any), new() { Key = message.Key, Value = message.Value, Headers = message.Headers })
        {
            IfTooLarge = DeadLetters.Of(record, "the alert is too large to be copied"),
        };
    }
}
