using Confluent.Kafka;

namespace Game.Detector.Sending;

/// <summary>A record to be written.</summary>
/// <param name="To">Where to.</param>
/// <param name="Message">What.</param>
internal sealed record Outgoing(TopicPartition To, Message<byte[]?, byte[]?> Message)
{
    /// <summary>What is written instead where the client or a broker finds the record too large; without it that ends the process.</summary>
    public Outgoing? IfTooLarge { get; init; }
}
