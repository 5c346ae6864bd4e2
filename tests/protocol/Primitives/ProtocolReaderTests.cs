namespace Broker.Protocol.Tests.Primitives;

public sealed class ProtocolReaderTests
{
    private delegate void Reading(ref ProtocolReader reader);

    [Fact]
    public void CountsAreCheckedBeforeAnythingIsAllocated()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Malformed("7fffffff00000000", (ref ProtocolReader r) => r.ReadInt32Array(flexible: false));
        Malformed("7fffffff00000000", (ref ProtocolReader r) => r.ReadInt64Array(flexible: false));
        Malformed("7fffffff00000000", (ref ProtocolReader r) => r.ReadStringArray(flexible: false));
        Malformed("ffffffff0f000000", (ref ProtocolReader r) => r.ReadInt32Array(flexible: true));
        Malformed("ffffffff07000000", (ref ProtocolReader r) => r.ReadStringArray(flexible: true));
        Malformed("7fffffff00000000", (ref ProtocolReader r) => r.ReadBytes(flexible: false));
        Malformed("7fff0000", (ref ProtocolReader r) => r.ReadString(flexible: false));
        Malformed("7fffffff00000000", (ref ProtocolReader r) => r.ReadNullableRecords(flexible: false));
        Malformed("ffffffff0700", (ref ProtocolReader r) => r.ReadUnknownTaggedFields());
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Theory]
    [InlineData("fffe")]
    [InlineData("8000")]
    public void NegativeStringLengths(string hex) => Malformed(hex + "0000", (ref ProtocolReader r) => r.ReadNullableString(flexible: false));

    [Fact]
    public void NegativeArrayLengths() => Malformed("fffffffe", (ref ProtocolReader r) => r.ReadNullableInt32Array(flexible: false));

    [Fact]
    public void StringsAreAtMost32767BytesInEitherForm()
    {
        byte[] text = [.. Enumerable.Repeat((byte)'a', 32768)];
        Malformed("818002" + Convert.ToHexString(text), (ref ProtocolReader r) => r.ReadString(flexible: true));
        using ProtocolWriter writer = new();
        Should.Throw<ArgumentException>(() => writer.WriteString(new string('a', 32768), flexible: true));
    }

    [Theory]
    [InlineData("02" + "0500" + "0500", "the same tag twice")]
    [InlineData("02" + "0500" + "0400", "a lower tag behind a higher one")]
    [InlineData("01" + "0502" + "01", "a field longer than the message")]
    [InlineData("03" + "0500" + "0600", "fewer fields than counted")]
    [InlineData("01" + "ffffffff0f" + "00", "a tag above 31 bits")]
    public void BrokenTaggedSections(string hex, string why) => Malformed(hex, (ref ProtocolReader r) => r.ReadUnknownTaggedFields(), why);

    [Fact]
    public void AKnownTaggedFieldIsReadToItsEnd()
    {
        Malformed("010003000000", ReadInt16Tag, "a field of three bytes that holds an int16");
        Malformed("01000100", ReadInt16Tag, "a field of one byte that holds an int16");
        ProtocolReader reader = new(Convert.FromHexString("0100020007" + "aa"));
        ReadInt16Tag(ref reader);
        reader.Remaining.ShouldBe(1);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("02")]
    [InlineData("fe")]
    public void AStructureIsNullOrPresent(string hex) => Malformed(hex, (ref ProtocolReader r) => r.ReadStructPresence());

    [Fact]
    public void BytesThatAreNotUtf8BecomeReplacementCharacters()
    {
        ProtocolReader reader = new(Convert.FromHexString("0003" + "61ff62"));
        reader.ReadString(flexible: false).ShouldBe("a\ufffdb");
    }

    [Fact]
    public void RecordsOfARequestPointIntoTheFrame()
    {
        byte[] frame = Convert.FromHexString("00000002" + "0102");
        ProtocolReader reader = new(frame);
        Memory<byte> records = reader.ReadNullableRecords(flexible: false)!.Value;
        records.Span[0] = 9;
        frame[4].ShouldBe((byte)9);
    }

    [Fact]
    public void UuidsAreBigEndian()
    {
        ProtocolReader reader = new(Convert.FromHexString("00112233445566778899aabbccddeeff"));
        reader.ReadUuid().ShouldBe(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));
    }

    private static void ReadInt16Tag(ref ProtocolReader reader)
    {
        TaggedFieldsReader tags = reader.ReadTaggedFields();
        while (tags.MoveNext(ref reader))
        {
            reader.ReadInt16();
        }
    }

    private static void Malformed(string hex, Reading read, string? why = null) => Should.Throw<MalformedMessageException>(
        () =>
        {
            ProtocolReader reader = new(Convert.FromHexString(hex));
            read(ref reader);
        },
        why);
}
