using Broker.Protocol.Records;

namespace Broker.Protocol.Tests.Records;

public class BatchInfoTests
{
    [Theory]
    [MemberData(nameof(GoldenBatches.CurrentNames), MemberType = typeof(GoldenBatches))]
    public void Reads_the_header_as_Kafka_wrote_it(string name)
    {
        GoldenCase golden = GoldenBatches.Named(name);
        GoldenBatch expected = golden.Batches.ShouldHaveSingleItem();

        BatchInfo.TryRead(golden.ToBytes().AsSpan(0, BatchInfo.HeaderSize), out BatchInfo info).ShouldBe(BatchReadResult.Ok);

        info.BaseOffset.ShouldBe(expected.BaseOffset);
        info.LastOffset.ShouldBe(expected.LastOffset);
        info.SizeInBytes.ShouldBe(golden.ToBytes().Length);
        info.MaxTimestamp.ShouldBe(expected.MaxTimestamp);
        info.TimestampType.ToString().ShouldBe(expected.TimestampType);
        info.ProducerId.ShouldBe(expected.ProducerId);
        info.ProducerEpoch.ShouldBe(expected.ProducerEpoch);
        info.BaseSequence.ShouldBe(expected.BaseSequence);
        info.IsTransactional.ShouldBe(expected.Transactional);
        info.IsControl.ShouldBe(expected.Control);
        info.PartitionLeaderEpoch.ShouldBe(expected.LeaderEpoch);
        info.Crc.ShouldBe(expected.Checksum);
        info.Compression.ToString().ShouldBe(golden.Compression, StringCompareShould.IgnoreCase);
        info.HasDeleteHorizon.ShouldBe(name.Contains("delete-horizon"));
        BatchHeader.VerifyCrc(golden.ToBytes()).ShouldBeTrue();
    }

    [Fact]
    public void Old_formats_are_named_and_sized()
    {
        foreach (GoldenCase golden in GoldenBatches.Old)
        {
            BatchInfo.TryRead(golden.ToBytes(), out BatchInfo info).ShouldBe(BatchReadResult.OldFormat);
            info.SizeInBytes.ShouldBe(golden.Batches[0].SizeInBytes);
            ((int)info.Magic).ShouldBe(golden.Batches[0].Magic);
        }
    }

    [Fact]
    public void Too_few_bytes_and_impossible_lengths_are_told_apart()
    {
        byte[] bytes = GoldenBatches.Named("magic 2 none one").ToBytes();
        for (int length = 0; length < BatchInfo.HeaderSize; length++)
        {
            BatchInfo.TryRead(bytes.AsSpan(0, length), out _).ShouldBe(BatchReadResult.Incomplete);
        }

        foreach (int length in new[] { -1, 0, 13, 48, int.MaxValue, int.MinValue })
        {
            byte[] copy = [.. bytes];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(copy.AsSpan(8), length);
            BatchInfo.TryRead(copy, out _).ShouldBe(BatchReadResult.Corrupt);
        }

        bytes[16] = 3;
        BatchInfo.TryRead(bytes, out _).ShouldBe(BatchReadResult.Corrupt);
    }

    [Fact]
    public void Sequences_wrap_after_the_largest_number()
    {
        new BatchInfo { BaseSequence = int.MaxValue, LastOffsetDelta = 1 }.LastSequence.ShouldBe(0);
        new BatchInfo { BaseSequence = int.MaxValue - 1, LastOffsetDelta = 1 }.LastSequence.ShouldBe(int.MaxValue);
        new BatchInfo { BaseSequence = -1, LastOffsetDelta = 3 }.LastSequence.ShouldBe(-1);
    }

    [Fact]
    public void Offset_and_epoch_change_without_the_crc_and_the_rest_with_it()
    {
        byte[] bytes = GoldenBatches.Named("magic 2 gzip many").ToBytes();
        BatchHeader.SetBaseOffset(bytes, 1L << 40);
        BatchHeader.SetPartitionLeaderEpoch(bytes, 77);
        BatchHeader.VerifyCrc(bytes).ShouldBeTrue();

        BatchHeader.SetAppendTime(bytes, 1700000000500);
        BatchHeader.VerifyCrc(bytes).ShouldBeFalse();
        BatchHeader.RewriteCrc(bytes);
        BatchHeader.VerifyCrc(bytes).ShouldBeTrue();
        BatchInfo.TryRead(bytes, out BatchInfo info);
        info.BaseOffset.ShouldBe(1L << 40);
        info.PartitionLeaderEpoch.ShouldBe(77);
        info.TimestampType.ShouldBe(TimestampType.LogAppendTime);
        info.MaxTimestamp.ShouldBe(1700000000500);

        // Kafka's own batch stamped with the same time has the same checksum.
        info.Crc.ShouldBe(GoldenBatches.Named("magic 2 gzip log-append-time").Batches[0].Checksum);
    }
}
