using System.Buffers.Binary;
using Broker.Protocol.Compression;
using Broker.Protocol.Records;
using CsCheck;

namespace Broker.Protocol.Tests.Records;

public class BatchWalkerTests
{
    private const long Now = 1700000001000;

    public static TheoryData<CompressionType> Codecs => [.. Enum.GetValues<CompressionType>()];

    [Fact]
    public void Kafkas_own_batches_are_accepted_as_they_are()
    {
        foreach (GoldenCase golden in GoldenBatches.Current.Where(c => c.Batches[0] is { BaseOffset: 0, Control: false } && !c.Name.Contains("delete-horizon")))
        {
            byte[] bytes = golden.ToBytes();
            TimestampType type = Enum.Parse<TimestampType>(golden.Batches[0].TimestampType);
            if (type == TimestampType.LogAppendTime)
            {
                // What a producer of the same batch would have sent.
                bytes = GoldenBatches.Named(golden.Name.Replace("log-append-time", "many")).ToBytes();
            }

            BatchVerdict verdict = BatchWalker.Validate(bytes, new BatchRules { NowMs = golden.Batches[0].MaxTimestamp, TimestampType = type });

            verdict.Error.ShouldBe(ErrorCode.None, $"{golden.Name}: {verdict.Message}");
            bytes.ShouldBe(golden.ToBytes(), golden.Name);
            BatchInfo.TryRead(golden.ToBytes(), out BatchInfo expected);
            verdict.Info.ShouldBe(expected, golden.Name);
        }
    }

    [Fact]
    public void Old_formats_are_refused_by_name()
    {
        foreach (GoldenCase golden in GoldenBatches.Old)
        {
            Judge(golden.ToBytes()).Error.ShouldBe(ErrorCode.UnsupportedForMessageFormat);
        }
    }

    [Fact]
    public void Each_header_fault_has_its_own_error()
    {
        byte[] good = Batch(CompressionType.None, 3);
        Judge(good).Accepted.ShouldBeTrue();
        Judge([]).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(good[..^1]).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge([.. good, .. good]).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge([.. good, .. good[..40]]).Accepted.ShouldBeTrue();
        Judge(Edit(good, b => BatchHeader.SetBaseOffset(b, 1), seal: false)).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(Edit(good, b => b[^1] ^= 1, seal: false)).Error.ShouldBe(ErrorCode.CorruptMessage);
        Judge(Edit(good, b => b[16] = 9, seal: false)).Error.ShouldBe(ErrorCode.CorruptMessage);
        Judge(Edit(good, b => b[22] |= 0x20)).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(Edit(good, b => b[22] |= 0x07)).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(Edit(good, b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(57), 0))).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(Edit(good, b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(23), 7))).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(Edit(good, b => BinaryPrimitives.WriteInt64BigEndian(b.AsSpan(43), 7))).Error.ShouldBe(ErrorCode.InvalidRecord);
        BatchWalker.Validate(good, new BatchRules { MaxMessageBytes = good.Length - 1 }).Error.ShouldBe(ErrorCode.MessageTooLarge);
        BatchWalker.Validate(good, new BatchRules { MaxMessageBytes = good.Length }).Accepted.ShouldBeTrue();
        BatchWalker.Validate(Batch(CompressionType.Zstd, 3), new BatchRules { AllowZstd = false }).Error.ShouldBe(ErrorCode.UnsupportedCompressionType);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Count_gaps_and_trailing_bytes_are_seen_through_every_codec(CompressionType codec)
    {
        byte[] good = Batch(codec, 5);
        foreach (int count in new[] { 4, 6, int.MaxValue })
        {
            byte[] wrong = Edit(good, b =>
            {
                BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(57), count);
                BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(23), count - 1);
            });
            Judge(wrong).Error.ShouldBe(ErrorCode.InvalidRecord);
        }

        using RecordBatchBuilder gapped = new(new BatchOptions { Compression = codec });
        gapped.AppendAt(0, Now, [1], [1]);
        gapped.AppendAt(2, Now, [1], [1]);
        Judge(Edit(gapped.Build(), b => BinaryPrimitives.WriteInt32BigEndian(b.AsSpan(57), 3))).Error.ShouldBe(ErrorCode.InvalidRecord);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_records_length_that_lies_is_refused_though_the_checksum_fits(CompressionType codec)
    {
        if (codec != CompressionType.None)
        {
            byte[] torn = Batch(codec, 40);
            int cut = torn.Length - 6;
            BinaryPrimitives.WriteInt32BigEndian(torn.AsSpan(8), cut - 12);
            Judge(Edit(torn[..cut], _ => { })).Error.ShouldBe(ErrorCode.InvalidRecord, codec.ToString());
            return;
        }

        byte[] good = Batch(codec, 1);
        Judge(Edit(good, b => b[61] += 2)).Error.ShouldBe(ErrorCode.InvalidRecord);
        Judge(Edit(good, b => b[61] -= 2)).Error.ShouldBe(ErrorCode.InvalidRecord);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Compacted_topics_name_the_records_without_a_key(CompressionType codec)
    {
        using RecordBatchBuilder builder = new(new BatchOptions { Compression = codec });
        for (int i = 0; i < 300; i++)
        {
            builder.Append(Now, i % 2 == 0 ? null : [1], [1]);
        }

        byte[] batch = builder.Build();
        Judge(batch).Accepted.ShouldBeTrue();
        BatchVerdict verdict = BatchWalker.Validate(batch, new BatchRules { RequireKeys = true });
        verdict.Error.ShouldBe(ErrorCode.InvalidRecord);
        verdict.RecordErrors.Count.ShouldBe(BatchWalker.MaxRecordErrors);
        verdict.RecordErrors[1].Index.ShouldBe(2);
    }

    [Fact]
    public void Timestamps_must_lie_in_the_topics_range()
    {
        BatchRules rules = new() { NowMs = Now, BeforeMaxMs = 1000, AfterMaxMs = 500 };
        foreach ((long timestamp,
            bool fits) in new[] { (Now - 1000, true), (Now - 1001, false), (Now + 500, true), (Now + 501, false), (-1L, true), (long.MinValue, false),
            (long.MaxValue, false) })
        {
            byte[] batch = RecordBatchBuilder.Single(new BatchOptions(), timestamp, [1], [1]);
            BatchVerdict verdict = BatchWalker.Validate(batch, rules);
            verdict.Error.ShouldBe(fits ? ErrorCode.None : ErrorCode.InvalidTimestamp, timestamp.ToString());
            verdict.RecordErrors.Count.ShouldBe(fits ? 0 : 1);
        }
    }

    [Fact]
    public void A_wrong_maximum_timestamp_is_put_right_with_its_checksum()
    {
        byte[] batch = Edit(Batch(CompressionType.Lz4, 4), b => BatchHeader.SetMaxTimestamp(b, 5));
        BatchVerdict verdict = Judge(batch);
        verdict.Info.MaxTimestamp.ShouldBe(Now + 3);
        BatchInfo.TryRead(batch, out BatchInfo now);
        now.ShouldBe(verdict.Info);
        BatchHeader.VerifyCrc(batch).ShouldBeTrue();
    }

    [Fact]
    public void Producers_may_not_claim_the_brokers_stamp()
    {
        byte[] stamped = Edit(Batch(CompressionType.None, 1), b => BatchHeader.SetAppendTime(b, Now));
        BatchWalker.Validate(stamped, new BatchRules { NowMs = Now, TimestampType = TimestampType.LogAppendTime }).Error.ShouldBe(ErrorCode.InvalidTimestamp);

        // In a topic of create time Kafka takes the claimed time and clears the mark.
        BatchVerdict verdict = Judge(stamped);
        verdict.Accepted.ShouldBeTrue();
        verdict.Info.TimestampType.ShouldBe(TimestampType.CreateTime);
        BatchHeader.VerifyCrc(stamped).ShouldBeTrue();
    }

    [Fact]
    public void Raw_snappy_as_librdkafka_sends_it_is_accepted()
    {
        using RecordBatchBuilder builder = new(new BatchOptions());
        for (int i = 0; i < 500; i++)
        {
            builder.Append(Now, [1], new byte[100]);
        }

        byte[] plain = builder.Build();
        byte[] raw = [.. plain[..61], .. Snappier.Snappy.CompressToArray(plain.AsSpan(61))];
        BinaryPrimitives.WriteInt32BigEndian(raw.AsSpan(8), raw.Length - 12);
        raw[22] = (byte)CompressionType.Snappy;
        BatchHeader.RewriteCrc(raw);
        Judge(raw).Accepted.ShouldBeTrue();
        BatchWalker.Validate(raw, new BatchRules { ExpansionLimit = 10_000 }).Error.ShouldBe(ErrorCode.InvalidRecord);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_bomb_is_refused_and_costs_little_memory(CompressionType codec)
    {
        byte[] bomb = RecordBatchBuilder.Single(new BatchOptions { Compression = codec }, Now, [1], new byte[40 << 20]);
        BatchRules rules = new() { MaxMessageBytes = int.MaxValue, ExpansionLimit = 30 << 20 };
        Judge(Batch(codec, 1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        BatchVerdict verdict = BatchWalker.Validate(bomb, rules);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        verdict.Error.ShouldBe(codec == CompressionType.None ? ErrorCode.None : ErrorCode.InvalidRecord);
        allocated.ShouldBeLessThan(8 << 20);
    }

    [Fact]
    public void An_uncompressed_batch_is_walked_without_allocation()
    {
        byte[] batch = Batch(CompressionType.None, 1000);
        BatchRules rules = new() { NowMs = Now };
        BatchWalker.Validate(batch, rules);
        long before = GC.GetAllocatedBytesForCurrentThread();
        BatchWalker.Validate(batch, rules).Accepted.ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void Mutated_batches_get_a_verdict_whatever_they_hold()
    {
        byte[][] cases = [.. GoldenBatches.Current.Where(c => c.Batches[0].BaseOffset == 0).Select(c => c.ToBytes())];
        long iterations = long.TryParse(Environment.GetEnvironmentVariable("FUZZ_ITERATIONS"), out long asked) ? asked : 30_000;
        Gen.Select(Gen.Int[0, cases.Length - 1], Gen.Select(Gen.Int[0, 4000], Gen.Byte).Array[0, 5], Gen.Bool,
            Gen.Int[0, 150]).Sample((which, edits, seal, cut) =>
        {
            byte[] bytes = [.. cases[which]];
            foreach ((int at, byte value) in edits)
            {
                bytes[at % bytes.Length] = value;
            }

            if (cut < 100)
            {
                bytes = bytes[..(bytes.Length * cut / 100)];
            }

            if (seal && bytes.Length > BatchInfo.HeaderSize)
            {
                // With a fitting length and checksum the mutation reaches the records and the codecs.
                BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - BatchInfo.LogOverhead);
                BinaryPrimitives.WriteInt64BigEndian(bytes, 0);
                bytes[16] = 2;
                BatchHeader.RewriteCrc(bytes);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            BatchVerdict verdict = BatchWalker.Validate(bytes, new BatchRules { NowMs = Now, ExpansionLimit = 4 << 20 });
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return allocated < 16 << 20 && (verdict.Accepted ? BatchHeader.VerifyCrc(bytes.AsSpan(0, verdict.Info.SizeInBytes)) : verdict.Message is not null);
        }, iter: iterations);
    }

    private static BatchVerdict Judge(byte[] records) => BatchWalker.Validate(records, new BatchRules { NowMs = Now });

    private static byte[] Batch(CompressionType codec, int records)
    {
        using RecordBatchBuilder builder = new(new BatchOptions { Compression = codec });
        for (int i = 0; i < records; i++)
        {
            builder.Append(Now + i, [(byte)i], [1, 2, 3], [new RecordHeader("h", [1]), new RecordHeader("n", null)]);
        }

        return builder.Build();
    }

    private static byte[] Edit(byte[] batch, Action<byte[]> change, bool seal = true)
    {
        byte[] copy = [.. batch];
        change(copy);
        if (seal)
        {
            BatchHeader.RewriteCrc(copy);
        }

        return copy;
    }
}
