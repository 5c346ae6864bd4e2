using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4;
using K4os.Compression.LZ4.Streams;
using Snappier;
using ZstdSharp;

namespace Broker.Protocol.Compression;

/// <summary>Writes records compressed as Kafka's Java client does: the forms that every reader knows.</summary>
internal static class BatchCompressor
{
    /// <summary>The block size of Java's Snappy stream.</summary>
    private const int SnappyBlockBytes = 32 * 1024;

    /// <summary>The library's default level, as in Kafka.</summary>
    private const int ZstdLevel = 3;

    public static void Compress(CompressionType codec, ReadOnlySpan<byte> records, Stream target)
    {
        switch (codec)
        {
            case CompressionType.None:
                target.Write(records);
                break;
            case CompressionType.Gzip:
                using (GZipStream gzip = new(target, CompressionLevel.Optimal, leaveOpen: true))
                {
                    gzip.Write(records);
                }

                break;
            case CompressionType.Snappy:
                WriteSnappy(records, target);
                break;
            case CompressionType.Lz4:
                LZ4EncoderSettings settings = new() { BlockSize = 64 * 1024, ChainBlocks = false, CompressionLevel = LZ4Level.L00_FAST };
                using (LZ4EncoderStream lz4 = LZ4Stream.Encode(target, settings, leaveOpen: true))
                {
                    lz4.Write(records);
                }

                break;
            case CompressionType.Zstd:
                using (CompressionStream zstd = new(target, ZstdLevel, leaveOpen: true))
                {
                    zstd.Write(records);
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(codec));
        }
    }

    private static void WriteSnappy(ReadOnlySpan<byte> records, Stream target)
    {
        ReadOnlySpan<byte> header = [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
        target.Write(header);
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (int at = 0; at < records.Length; at += SnappyBlockBytes)
        {
            byte[] block = Snappy.CompressToArray(records.Slice(at, Math.Min(SnappyBlockBytes, records.Length - at)));
            BinaryPrimitives.WriteInt32BigEndian(length, block.Length);
            target.Write(length);
            target.Write(block);
        }
    }
}
