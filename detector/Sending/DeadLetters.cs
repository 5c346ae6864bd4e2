using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Detector.Sending;

/// <summary>
/// Records that are not what the contract says, with their original key and value, and headers saying where they came from and why. Key, value and headers are
/// bounded one by one, so that whatever was read makes a record that is taken.
/// </summary>
internal static class DeadLetters
{
    /// <summary>With the other bounds below the 1,000,000 bytes that client libraries send at most; a longer value is cut, and a header tells its
    /// length.</summary>
    internal const int MaxValueBytes = 900_000;

    /// <summary>Far above any user id; a longer key is cut, and a header tells its length.</summary>
    internal const int MaxKeyBytes = 64 * 1024;

    /// <summary>A reason may name a field of the record, which may be as long as the record.</summary>
    internal const int MaxReasonChars = 512;

    /// <summary>The dead letter of a record, to be sent as <see cref="Stub"/> where a broker's own limit is lower than ours.</summary>
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

    /// <summary>Only where the record lies and what is wrong with it: a kilobyte at most.</summary>
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
