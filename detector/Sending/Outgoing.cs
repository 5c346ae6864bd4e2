using Confluent.Kafka;

namespace Game.Detector.Sending;

/// <summary>A record to be sent.</summary>
/// <param name="To">The topic and partition.</param>
/// <param name="Message">Key, value and headers.</param>
internal sealed record Outgoing(TopicPartition To, Message<byte[]?, byte[]?> Message)
{
    /// <summary>The record that is sent instead if the client or a broker says that this one is too large; if it is null, the process ends.</summary>
    public Outgoing? IfTooLarge { get; init; }
}
