using Confluent.Kafka;
using Game.Contracts;
using Game.Detector.Logging;

namespace Game.Detector.Sending;

/// <summary>Stamps and sends what a record gave. Used by the consumer's thread.</summary>
internal sealed class AlertSender(Outbox outbox, TimeProvider time, ILogger log)
{
    /// <summary>
    /// Alerts of input partition p go to partition p, keyed by the user, with the event's trace. None is ever too large: the engine judges no event whose key
    /// is not its user id, and every text of an alert is bounded.
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
