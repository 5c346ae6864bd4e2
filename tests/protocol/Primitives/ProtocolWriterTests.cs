using CsCheck;

namespace Broker.Protocol.Tests.Primitives;

public sealed class ProtocolWriterTests
{
    [Fact]
    public void AnyBytesSurviveTheChunks() => Gen.Byte.Array[0, 300].Array[0, 400].Sample(
        parts =>
        {
            using ProtocolWriter writer = new();
            foreach (byte[] part in parts)
            {
                writer.WriteBytes(part, flexible: true);
            }
            ProtocolReader reader = new(writer.ToArray());
            foreach (byte[] part in parts)
            {
                reader.ReadBytes(flexible: true).ShouldBe(part);
            }
            reader.Remaining.ShouldBe(0);
        },
        iter: 100);

    [Fact]
    public void PayloadsThatAreNotInMemoryAreNotedInTheirPlaces()
    {
        using ProtocolWriter writer = new();
        writer.WriteInt32(0);
        PromisedRecords first = new(1_000_000);
        PromisedRecords second = new(5);
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
        using ProtocolWriter writer = new();
        PromisedRecords empty = new(0);
        writer.WriteNullableRecords(empty, flexible: false);
        empty.Disposed.ShouldBeTrue();
        writer.Deferred.ShouldBeEmpty();
        writer.ToArray().ShouldBe([0, 0, 0, 0]);
    }

    [Fact]
    public void RecordsInMemoryAreCopied()
    {
        using ProtocolWriter writer = new();
        writer.WriteNullableRecords(new MemoryRecords(new byte[] { 1, 2 }), flexible: true);
        writer.ToArray().ShouldBe([3, 1, 2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1021)]
    [InlineData(200_000)]
    public void AnInt32IsPatchedInAnyChunk(int before)
    {
        using ProtocolWriter writer = new();
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
        using ProtocolWriter writer = new();
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
        using ProtocolWriter writer = new();
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
