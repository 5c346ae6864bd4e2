using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;

namespace Game.Detector.Sending;

/// <summary>Sends the alerts and the dead letter of a record; sets an alert's time of detection. The consumer's thread calls it.</summary>
internal sealed class AlertSender(Outbox outbox, TimeProvider time, ILogger log)
{
    /// <summary>
    /// Sends an alert for a record of input partition p to partition p of <c>alerts</c>, with the user id as key and the event's trace. No alert is ever too
    /// large: its key is the user id (the engine judges no other events), and every text in it is bounded.
    /// </summary>
    public void Send(Alert alert, ConsumeResult<byte[]?, byte[]?> source, Delivery delivery, CancellationToken cancel)
    {
        Headers headers = new() { { Schemas.HeaderName, Schemas.Alert } };
        SourceHeaders.Copy(source.Message.Headers, Schemas.TraceParentHeaderName, headers);
        Message<byte[]?, byte[]?> message = new()
        {
            Key = source.Message.Key,
            Value = ContractJson.Encode(alert with { DetectedAt = time.GetUtcNow().ToUnixTimeMilliseconds() }),
            Headers = headers,
        };
        outbox.Send(new Outgoing(new TopicPartition(Topics.Alerts, source.Partition), message), delivery, cancel);
    }

    public void SendDeadLetter(ConsumeResult<byte[]?, byte[]?> source, string reason, Delivery delivery, CancellationToken cancel)
    {
        DetectorLog.DeadLetter(log, source.Topic, source.Partition.Value, source.Offset.Value, reason);
        outbox.Send(DeadLetters.Of(source, reason), delivery, cancel);
    }
}
