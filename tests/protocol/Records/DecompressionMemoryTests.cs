using Broker.Protocol.Compression;
using Broker.Protocol.Records;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Broker.Protocol.Tests.Records;

public class DecompressionMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(19)]
    public void Batches_of_ordinary_levels_need_the_usual_memory(int level) =>
        BatchWalker.MemoryFor(BatchOf(Zstd(new byte[100_000], level))).ShouldBe(BatchWalker.UsualMemory);

    [Theory]
    [InlineData(24)]
    [InlineData(27)]
    public void A_larger_window_is_told_before_anything_is_decompressed(int windowLog) =>
        BatchWalker.MemoryFor(BatchOf(Zstd(new byte[100_000], 3, windowLog))).ShouldBe(1L << windowLog);

    [Fact]
    public void A_frame_of_one_segment_needs_what_it_holds()
    {
        using Compressor compressor = new();
        foreach (int length in new[] { 10, 300, 70_000 })
        {
            ZstdFrame.WindowOf(compressor.Wrap(new byte[length])).ShouldBe(length);
        }
    }

    [Fact]
    public void A_raw_Snappy_block_needs_what_it_declares_as_far_as_that_is_possible()
    {
        byte[] block = Snappier.Snappy.CompressToArray(new byte[20_000_000]);
        BatchWalker.MemoryFor(BatchOf(block, CompressionType.Snappy)).ShouldBe(20_000_000);
        byte[] liar = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0];
        BatchWalker.MemoryFor(BatchOf(liar, CompressionType.Snappy)).ShouldBe(BatchWalker.UsualMemory);
    }

    [Fact]
    public void A_framed_Snappy_block_cannot_take_more_than_the_usual_memory()
    {
        Drain(Framed(new byte[BatchWalker.UsualMemory]), CompressionType.Snappy).ShouldBe(BatchWalker.UsualMemory);
        byte[] hostile = Framed(new byte[64], new byte[BatchWalker.UsualMemory + 1]);
        BatchWalker.MemoryFor(BatchOf(hostile, CompressionType.Snappy)).ShouldBe(BatchWalker.UsualMemory);
        Should.Throw<InvalidRecordException>(() => Drain(hostile, CompressionType.Snappy));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void A_search_by_time_finds_what_a_reader_sees(CompressionType codec)
    {
        using RecordBatchBuilder builder = new(new BatchOptions { Compression = codec });
        for (int i = 0; i < 100; i++)
        {
            builder.Append(1000 + i, [1, 2], new byte[i * 1000]);
        }
        byte[] batch = builder.Build();
        BatchHeader.SetBaseOffset(batch, 50);
        RecordSearch.TryFindByTime(batch, 1030, 0, out (long Offset, long TimestampMs) found).ShouldBeTrue();
        found.ShouldBe((80, 1030));
        RecordSearch.TryFindByTime(batch, 1030, 90, out found).ShouldBeTrue();
        found.ShouldBe((90, 1040));
        RecordSearch.TryFindByTime(batch, 1100, 0, out _).ShouldBeFalse();
        Should.Throw<InvalidRecordException>(() => RecordSearch.TryFindByTime(batch.AsMemory(0, batch.Length - 1), 0, 0, out _));
    }

    [Fact]
    public void A_search_by_time_keeps_no_record()
    {
        using RecordBatchBuilder builder = new(new BatchOptions { Compression = CompressionType.Gzip });
        builder.Append(0, null, new byte[32 << 20]);
        builder.Append(7, null, []);
        byte[] batch = builder.Build();
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecordSearch.TryFindByTime(batch, 7, 0, out _).ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void What_is_not_compressed_or_no_batch_needs_none()
    {
        using RecordBatchBuilder builder = new(new BatchOptions());
        builder.Append(0, null, new byte[10]);
        BatchWalker.MemoryFor(builder.Build()).ShouldBe(0);
        BatchWalker.MemoryFor([]).ShouldBe(0);
        BatchWalker.MemoryFor(new byte[20]).ShouldBe(0);
    }

    [Fact]
    public void A_later_frame_cannot_take_more_than_the_first_one_told()
    {
        byte[] narrow = Zstd(new byte[1000], 3, 20), wide = Zstd(new byte[1000], 3, 27);
        Drain([.. narrow, .. narrow]).ShouldBe(2000);
        Drain([.. wide, .. wide]).ShouldBe(2000);
        Should.Throw<InvalidRecordException>(() => Drain([.. narrow, .. wide]));
    }

    [Fact]
    public void No_window_larger_than_128_MiB_is_read() => Should.Throw<InvalidRecordException>(() => Drain(Zstd(new byte[1000], 3, 28)));

    /// <summary>Blocks in Java's framing.</summary>
    private static byte[] Framed(params byte[][] blocks)
    {
        List<byte> framed = [0x82, .. "SNAPPY"u8, 0, 0, 0, 0, 1, 0, 0, 0, 1];
        foreach (byte[] block in blocks)
        {
            byte[] compressed = Snappier.Snappy.CompressToArray(block);
            byte[] length = new byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, compressed.Length);
            framed.AddRange([.. length, .. compressed]);
        }

        return [.. framed];
    }

    private static long Drain(byte[] frames, CompressionType codec = CompressionType.Zstd)
    {
        using BatchDecompressor source = BatchDecompressor.Open(codec, frames, RecordReader.DefaultExpansionLimit);
        byte[] window = new byte[4096];
        long total = 0;
        while (source.Read(window) is > 0 and var read)
        {
            total += read;
        }
        return total;
    }

    /// <summary>As Java's client compresses: as a stream, so that the frame does not know its content's length.</summary>
    private static byte[] Zstd(byte[] content, int level, int windowLog = 0)
    {
        using MemoryStream target = new();
        using (CompressionStream stream = new(target, level, leaveOpen: true))
        {
            if (windowLog > 0)
            {
                stream.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, windowLog);
            }
            stream.Write(content);
        }

        return target.ToArray();
    }

    private static byte[] BatchOf(byte[] compressed, CompressionType codec = CompressionType.Zstd)
    {
        using RecordBatchBuilder builder = new(new BatchOptions { Compression = codec });
        builder.Append(0, null, new byte[10]);
        return [.. builder.Build()[..BatchInfo.HeaderSize], .. compressed];
    }
}
