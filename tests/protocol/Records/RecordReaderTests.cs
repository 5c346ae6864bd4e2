using Broker.Protocol.Compression;
using Broker.Protocol.Records;
using CsCheck;

namespace Broker.Protocol.Tests.Records;

public class RecordReaderTests
{
    [Theory]
    [MemberData(nameof(GoldenBatches.CurrentNames), MemberType = typeof(GoldenBatches))]
    public void Reads_the_records_that_Kafka_wrote(string name)
    {
        GoldenCase golden = GoldenBatches.Named(name);
        if (golden.Batches[0].Control)
        {
            return; // the vector lists no records for these; see Control_markers_are_Kafkas
        }

        Read(golden.ToBytes()).ShouldBe(golden.Records.Select(Text));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void Builds_what_Kafka_builds(CompressionType codec)
    {
        foreach (GoldenCase golden in GoldenBatches.Current.Where(c => string.Equals(c.Compression, codec.ToString(), StringComparison.OrdinalIgnoreCase)
            && !c.Batches[0].Control))
        {
            byte[] built = Rebuild(golden, codec);
            Read(built).ShouldBe(golden.Records.Select(Text), golden.Name);
            BatchHeader.VerifyCrc(built).ShouldBeTrue();
            if (codec == CompressionType.None)
            {
                // Codecs may choose other bytes for the same records; uncompressed there is only one form.
                built.ShouldBe(golden.ToBytes(), golden.Name);
            }
        }
    }

    [Fact]
    public void Control_markers_are_Kafkas()
    {
        foreach (ControlRecordType type in Enum.GetValues<ControlRecordType>())
        {
            byte[] marker = RecordBatchBuilder.TransactionMarker(1700000000000, 4711, 3, type, 9);
            BatchHeader.SetBaseOffset(marker, 77);
            BatchHeader.SetPartitionLeaderEpoch(marker, 5);
            marker.ShouldBe(GoldenBatches.Named("control " + type.ToString().ToUpperInvariant()).ToBytes());
        }
    }

    [Fact]
    public void A_record_larger_than_the_window_is_read_whole()
    {
        byte[] value = new byte[3_000_000];
        new Random(5).NextBytes(value);
        foreach (CompressionType codec in Enum.GetValues<CompressionType>())
        {
            using RecordBatchBuilder builder = new(new BatchOptions { Compression = codec });
            builder.Append(1, null, [1]);
            builder.Append(2, [2], value);
            builder.Append(3, [3], null);
            using RecordReader reader = RecordReader.Open(builder.Build());
            reader.MoveNext().ShouldBeTrue();
            reader.Current.HasKey.ShouldBeFalse();
            reader.MoveNext().ShouldBeTrue();
            reader.Current.Value.SequenceEqual(value).ShouldBeTrue();
            reader.MoveNext().ShouldBeTrue();
            reader.Current.HasValue.ShouldBeFalse();
            reader.MoveNext().ShouldBeFalse();
        }
    }

    [Fact]
    public void Expansion_beyond_the_limit_is_refused()
    {
        foreach (CompressionType codec in new[] { CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4, CompressionType.Zstd })
        {
            byte[] batch = RecordBatchBuilder.Single(new BatchOptions { Compression = codec }, 0, null, new byte[200_000]);
            Should.Throw<InvalidRecordException>(() => Count(batch, 100_000), codec.ToString());
            Count(batch, 300_000).ShouldBe(1);
        }
    }

    [Fact]
    public void Mutated_batches_give_records_or_the_declared_error()
    {
        GoldenCase[] cases = [.. GoldenBatches.Current];
        Gen.Select(Gen.Int[0, cases.Length - 1], Gen.Select(Gen.Int[0, 4000], Gen.Byte).Array[1, 6], Gen.Int[0, 100]).Sample((which, edits, cut) =>
        {
            byte[] bytes = cases[which].ToBytes();
            foreach ((int at, byte value) in edits)
            {
                // The header's length stays: without it nothing behind is reached.
                int place = at % bytes.Length;
                bytes[place is >= 8 and < 12 or 16 ? BatchInfo.HeaderSize : place] = value;
            }

            try
            {
                Count(cut < 80 ? bytes : bytes.AsMemory(0, bytes.Length * cut / 100), 10 << 20);
            }
            catch (InvalidRecordException)
            {
                // The declared error; anything else fails the sample.
            }
        }, iter: 20_000);
    }

    private static int Count(ReadOnlyMemory<byte> batch, long limit)
    {
        using RecordReader reader = RecordReader.Open(batch, limit);
        int count = 0;
        while (reader.MoveNext())
        {
            _ = reader.Current.CopyHeaders();
            count++;
        }

        return count;
    }

    private static List<string> Read(byte[] batch)
    {
        List<string> records = [];
        using RecordReader reader = RecordReader.Open(batch);
        while (reader.MoveNext())
        {
            RecordView record = reader.Current;
            string key = record.HasKey ? Convert.ToHexStringLower(record.Key) : "null";
            string value = record.HasValue ? Convert.ToHexStringLower(record.Value) : "null";
            IEnumerable<string> headers = record.CopyHeaders().Select(h => $"{h.Key}={(h.Value is null ? "null" : Convert.ToHexStringLower(h.Value))}");
            records.Add($"{record.Offset} {record.Timestamp} {key} {value} {string.Join(',', headers)}");
        }

        return records;
    }

    private static string Text(GoldenRecord record) =>
        $"{record.Offset} {record.Timestamp} {record.Key ?? "null"} {record.Value ?? "null"} {string.Join(',', record.Headers.Select(h => $"{h[0]}={h[1] ?? "null"}"))}";

    private static byte[] Rebuild(GoldenCase golden, CompressionType codec)
    {
        BatchInfo.TryRead(golden.ToBytes(), out BatchInfo info);
        bool stamped = info.TimestampType == TimestampType.LogAppendTime;
        using RecordBatchBuilder builder = new(new BatchOptions
        {
            Compression = codec,
            TimestampType = info.TimestampType,
            AppendTime = stamped ? info.MaxTimestamp : -1,
            BaseOffset = info.BaseOffset,
            PartitionLeaderEpoch = info.PartitionLeaderEpoch,
            ProducerId = info.ProducerId,
            ProducerEpoch = info.ProducerEpoch,
            BaseSequence = info.BaseSequence,
            Transactional = info.IsTransactional,
            DeleteHorizon = info.HasDeleteHorizon ? info.BaseTimestamp : -1,
        });
        long[] original = OriginalTimestamps(golden, stamped);
        for (int i = 0; i < golden.Records.Length; i++)
        {
            GoldenRecord record = golden.Records[i];
            RecordHeader[] headers = [.. record.Headers.Select(h => new RecordHeader(h[0]!, h[1] is null ? null : Convert.FromHexString(h[1]!)))];
            builder.AppendAt(record.Offset, original[i], Bytes(record.Key), Bytes(record.Value), headers);
        }

        return builder.Build();
    }

    /// <summary>A batch stamped by the broker keeps the producer's deltas, which the vector's records do not show.</summary>
    private static long[] OriginalTimestamps(GoldenCase golden, bool stamped)
    {
        GoldenCase source = stamped ? GoldenBatches.Named(golden.Name.Replace("log-append-time", "many")) : golden;
        return [.. source.Records.Select(r => r.Timestamp)];
    }

    private static byte[]? Bytes(string? hex) => hex is null ? null : Convert.FromHexString(hex);
}
