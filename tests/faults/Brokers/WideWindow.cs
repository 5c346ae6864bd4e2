using System.Buffers.Binary;
using Broker.Protocol;
using Broker.Protocol.Compression;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Faults.Tests.Brokers;

/// <summary>A small batch whose Zstandard window is the largest that the broker accepts, and is used completely.</summary>
internal static class WideWindow
{
    private const int WindowLog = 27;
    private const int AttributesAt = 21;
    private const int LengthAt = 8;
    private const int LengthFrom = 12;

    /// <summary>A request that produces one record of zeros, nearly as large as the window and as a batch may expand to.</summary>
    public static byte[] Produce(string topic)
    {
        ProduceRequest request = new()
        {
            Acks = -1,
            TimeoutMs = 30_000,
            TopicData = [new() { Name = topic, PartitionData = [new() { Index = 0, Records = Batch() }] }],
        };
        using ProtocolWriter writer = new();
        request.Write(writer, 9);
        return WireClient.Frame(ApiKey.Produce, 9, 1, writer.ToArray());
    }

    private static byte[] Batch()
    {
        byte[] plain;
        using (RecordBatchBuilder builder = new(new BatchOptions()))
        {
            builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, new byte[(1 << WindowLog) - (1 << 20)]);
            plain = builder.Build();
        }

        using MemoryStream compressed = new();
        compressed.Write(plain, 0, BatchInfo.HeaderSize);
        using (CompressionStream stream = new(compressed, 1, leaveOpen: true))
        {
            stream.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, WindowLog);
            stream.Write(plain, BatchInfo.HeaderSize, plain.Length - BatchInfo.HeaderSize);
        }

        byte[] batch = compressed.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(LengthAt), batch.Length - LengthFrom);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(AttributesAt), (short)CompressionType.Zstd);
        BatchHeader.RewriteCrc(batch);
        return batch;
    }
}
