using CsCheck;

namespace Broker.Protocol.Tests.Primitives;

public sealed class ProtocolWriterTests
{
    [Fact]
    public void AnyBytesSurviveTheChunks() => Gen.Byte.Array[0, 300].Array[0, 400].Sample(
        parts =>
        {
            using var writer = new ProtocolWriter();
            foreach (byte[] part in parts)
                writer.WriteBytes(part, flexible: true);
            var reader = new ProtocolReader(writer.ToArray());
            foreach (byte[] part in parts)
                reader.ReadBytes(flexible: true).ShouldBe(part);
            reader.Remaining.ShouldBe(0);
        },
        iter: 100);

    [Fact]
    public void PayloadsThatAreNotInMemoryAreNotedInTheirPlaces()
    {
        using var writer = new ProtocolWriter();
        writer.WriteInt32(0);
        var first = new PromisedRecords(1_000_000);
        var second = new PromisedRecords(5);
        writer.WriteNullableRecords(first, flexible: false);
        writer.WriteInt16(1);
        writer.WriteNullableRecords(second, flexible: true);
        writer.WriteNullableRecords((RecordsPayload?)null, flexible: false);
        writer.Deferred.ShouldBe([new DeferredPayload(8, first), new DeferredPayload(11, second)]);
        writer.BufferedLength.ShouldBe(15);
        writer.Length.ShouldBe(15 + 1_000_005);
        Should.Throw<InvalidOperationException>(writer.ToArray);
    }

    [Fact]
    public void AnEmptyPayloadIsDisposedOfAtOnce()
    {
        using var writer = new ProtocolWriter();
        var empty = new PromisedRecords(0);
        writer.WriteNullableRecords(empty, flexible: false);
        empty.Disposed.ShouldBeTrue();
        writer.Deferred.ShouldBeEmpty();
        writer.ToArray().ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public void RecordsInMemoryAreCopied()
    {
        using var writer = new ProtocolWriter();
        writer.WriteNullableRecords(new MemoryRecords(new byte[] { 1, 2 }), flexible: true);
        writer.ToArray().ShouldBe([3, 1, 2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1021)]
    [InlineData(200_000)]
    public void AnInt32IsPatchedInAnyChunk(int before)
    {
        using var writer = new ProtocolWriter();
        writer.WriteRaw(new byte[before]);
        int position = writer.BufferedLength;
        writer.WriteInt32(0);
        writer.WriteRaw(new byte[100_000]);
        writer.PatchInt32(position, 0x01020304);
        writer.ToArray().AsSpan(position, 4).ToArray().ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void AfterResetItHoldsNothingAndStartsAnew()
    {
        using var writer = new ProtocolWriter();
        writer.WriteRaw(new byte[100_000]);
        writer.WriteNullableRecords(new PromisedRecords(5), flexible: false);
        writer.Reset();
        writer.Length.ShouldBe(0);
        writer.ChunkCount.ShouldBe(0);
        writer.Deferred.ShouldBeEmpty();
        writer.WriteInt8(7);
        writer.ToArray().ShouldBe([7]);
    }

    [Fact]
    public void ItIsABufferWriter()
    {
        using var writer = new ProtocolWriter();
        writer.GetSpan(10)[0] = 1;
        writer.Advance(1);
        writer.GetMemory(100_000).Span[0] = 2;
        writer.Advance(1);
        writer.ToArray().ShouldBe([1, 2]);
        Should.Throw<ArgumentOutOfRangeException>(() => writer.Advance(int.MaxValue));
    }

    private sealed class PromisedRecords(int length) : RecordsPayload
    {
        public bool Disposed { get; private set; }

        public override int Length => length;

        public override void Dispose()
        {
            Disposed = true;
            base.Dispose();
        }
    }
}
