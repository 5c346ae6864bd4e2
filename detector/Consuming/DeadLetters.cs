using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Game.Contracts;

namespace Game.Detector.Consuming;

/// <summary>Records that are not what the contract says, with their original key and value, and headers saying where they came from and why.</summary>
internal static class DeadLetters
{
    /// <summary>Stays below the 1,000,000 bytes that client libraries send at most, headers included; a longer value is cut, and a header tells its length.</summary>
    private const int MaxValueBytes = 900_000;

    public static Message<byte[]?, byte[]?> Of(ConsumeResult<byte[]?, byte[]?> source, string reason)
    {
        byte[]? value = source.Message.Value;
        var headers = new Headers
        {
            { "source-topic", Encoding.UTF8.GetBytes(source.Topic) },
            { "source-partition", Number(source.Partition.Value) },
            { "source-offset", Number(source.Offset.Value) },
            { "reason", Encoding.UTF8.GetBytes(reason) },
        };
        foreach (IHeader header in source.Message.Headers)
        {
            if (header.Key is Schemas.HeaderName or Schemas.TraceParentHeaderName)
                headers.Add(header.Key, header.GetValueBytes());
        }

        if (value?.Length > MaxValueBytes)
        {
            headers.Add("truncated-from", Number(value.Length));
            value = value[..MaxValueBytes];
        }

        return new Message<byte[]?, byte[]?> { Key = source.Message.Key, Value = value, Headers = headers };
    }

    private static byte[] Number(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
