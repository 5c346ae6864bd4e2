using CsCheck;

namespace Broker.Protocol.Tests.Primitives;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-2, "03")]
    [InlineData(63, "7e")]
    [InlineData(-64, "7f")]
    [InlineData(64, "8001")]
    [InlineData(-65, "8101")]
    [InlineData(8191, "fe7f")]
    [InlineData(8192, "808001")]
    [InlineData(int.MaxValue, "feffffff0f")]
    [InlineData(int.MinValue, "ffffffff0f")]
    public void SignedValues(int value, string hex)
    {
        var bytes = new byte[Varint.MaximumLength32];
        int length = Varint.WriteSigned(bytes, value);
        Convert.ToHexStringLower(bytes[..length]).ShouldBe(hex);
        Varint.SignedLength(value).ShouldBe(length);
        Varint.ReadSigned(bytes, out int read).ShouldBe(length);
        read.ShouldBe(value);
    }

    [Theory]
    [InlineData(127, "7f")]
    [InlineData(128, "8001")]
    [InlineData(300, "ac02")]
    [InlineData(16384, "808001")]
    public void UnsignedValues(uint value, string hex)
    {
        var bytes = new byte[Varint.MaximumLength32];
        Convert.ToHexStringLower(bytes[..Varint.WriteUnsigned(bytes, value)]).ShouldBe(hex);
    }

    [Fact]
    public void EveryLongComesBack() => Gen.Long.Sample(value =>
    {
        var bytes = new byte[Varint.MaximumLength64];
        int length = Varint.WriteSigned(bytes, value);
        length.ShouldBe(Varint.SignedLength(value));
        Varint.ReadSigned(bytes, out long read).ShouldBe(length);
        read.ShouldBe(value);
        Varint.ReadSigned(bytes.AsSpan(0, length - 1), out long _).ShouldBe(0);
    });

    [Theory]
    [InlineData("ffffffffff")]
    [InlineData("ffffffff80")]
    [InlineData("ffffffff1f")]
    [InlineData("80")]
    [InlineData("")]
    public void TooLongOrCutOff(string hex) => Varint.ReadUnsigned(Convert.FromHexString(hex), out uint _).ShouldBe(0);

    [Theory]
    [InlineData("ffffffffffffffffff01", 10)]
    [InlineData("ffffffffffffffffff02", 0)]
    [InlineData("ffffffffffffffffffff", 0)]
    public void TheTenthByteHoldsOneBit(string hex, int length) => Varint.ReadUnsigned(Convert.FromHexString(hex), out ulong _).ShouldBe(length);
}
