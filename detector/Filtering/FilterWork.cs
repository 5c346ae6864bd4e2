using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Consuming;
using Game.Detector.Sending;
using Game.Detector.Assignments;

namespace Game.Detector.Filtering;

/// <summary>
/// Copies critical alerts to <c>alerts-priority</c> with key, value and headers as they are: one event, one decision, no state. After a crash some may be
/// copied again; their <c>alert_id</c> tells.
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
            sender.SendDeadLetter(record, error, ledger.Expect(offset), cancel);
        }
        else if (alert.Severity == AlertSeverity.Critical)
        {
            status.Alerts++;
            outbox.Send(Copy(record), ledger.Expect(offset), cancel);
        }

        ledger.Pass(offset);
        status.Position = offset + 1;
    }

    public void BetweenRecords(IConsumer<byte[]?, byte[]?> consumer)
    {
        // Nothing waits between records.
    }

    public void Report(IConsumer<byte[]?, byte[]?> consumer)
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

    // Key and headers come from whoever wrote the alert, and a record that came in a compressed batch may be too large on its own: so a dead letter may
    // replace it.
    private static Outgoing Copy(ConsumeResult<byte[]?, byte[]?> record)
    {
        Message<byte[]?, byte[]?> message = record.Message;
        return new(new TopicPartition(Topics.AlertsPriority, Partition.Any), new() { Key = message.Key, Value = message.Value, Headers = message.Headers })
        {
            IfTooLarge = DeadLetters.Of(record, "the alert is too large to be copied"),
        };
    }
}
