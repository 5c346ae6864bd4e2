using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Detector.Sending;

/// <summary>
/// Makes dead letters: records that break the contract, with their original key and value, and headers that say where they came from and what is wrong. Key,
/// value and headers are each bounded, so that brokers accept the dead letter of any record.
/// </summary>
internal static class DeadLetters
{
    /// <summary>
    /// A longer value is cut, and a header gives its length. Together with the other bounds it is below the 1,000,000 bytes that client libraries send at most.
    /// </summary>
    internal const int MaxValueBytes = 900_000;

    /// <summary>A longer key is cut, and a header gives its length. No user id is as long.</summary>
    internal const int MaxKeyBytes = 64 * 1024;

    /// <summary>A longer reason is cut: it may hold the name of a field, which may be as long as the record.</summary>
    internal const int MaxReasonChars = 512;

    /// <summary>The dead letter of a record. Where a broker has a lower limit, its <see cref="Stub"/> is sent instead.</summary>
    public static Outgoing Of(ConsumeResult<byte[]?, byte[]?> source, string reason)
    {
        Headers headers = Origin(source, reason);
        foreach (string name in (ReadOnlySpan<string>)[Schemas.HeaderName, Schemas.TraceParentHeaderName])
        {
            SourceHeaders.Copy(source.Message.Headers, name, headers);
        }
        byte[]? key = Cut(source.Message.Key, MaxKeyBytes, "key-truncated-from", headers);
        byte[]? value = Cut(source.Message.Value, MaxValueBytes, "truncated-from", headers);
        return To(new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = headers }) with { IfTooLarge = Stub(source, reason) };
    }

    /// <summary>A dead letter without key and value: its headers say where the record is and what is wrong. A kilobyte at most.</summary>
    public static Outgoing Stub(ConsumeResult<byte[]?, byte[]?> source, string reason)
    {
        Headers headers = Origin(source, reason);
        byte[]? value = Cut(source.Message.Value, 0, "truncated-from", headers);
        byte[]? key = Cut(source.Message.Key, 0, "key-truncated-from", headers);
        return To(new Message<byte[]?, byte[]?> { Key = key, Value = value, Headers = headers });
    }

    private static Outgoing To(Message<byte[]?, byte[]?> message) => new(new TopicPartition(Topics.DeadLetters, Partition.Any), message);

    private static Headers Origin(ConsumeResult<byte[]?, byte[]?> source, string reason) => new()
    {
        { "source-topic", Encoding.UTF8.GetBytes(source.Topic) },
        { "source-partition", Number(source.Partition.Value) },
        { "source-offset", Number(source.Offset.Value) },
        { "reason", Encoding.UTF8.GetBytes(reason.Length > MaxReasonChars ? reason[..MaxReasonChars] : reason) },
    };

    private static byte[]? Cut(byte[]? bytes, int limit, string header, Headers headers)
    {
        if (bytes is null || bytes.Length <= limit)
        {
            return bytes;
        }
        headers.Add(header, Number(bytes.Length));
        return bytes[..limit];
    }

    private static byte[] Number(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
