using CsCheck;

namespace Broker.Protocol.Tests.Primitives;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7f")]
    [InlineData(128, "8001")]
    [InlineData(300, "ac02")]
    [InlineData(16384, "808001")]
    [InlineData(uint.MaxValue, "ffffffff0f")]
    public void KnownValues(uint value, string hex)
    {
        byte[] bytes = new byte[Varint.Length(value)];
        Varint.Write(bytes, value);
        Convert.ToHexStringLower(bytes).ShouldBe(hex);
    }

    [Fact]
    public void EveryValueComesBack() => Gen.UInt.Sample(value =>
    {
        byte[] bytes = new byte[Varint.Length(value)];
        Varint.Write(bytes, value);
        Varint.Read(bytes, out uint read).ShouldBe(bytes.Length);
        read.ShouldBe(value);
        Varint.Read(bytes.AsSpan(0, bytes.Length - 1), out _).ShouldBe(0);
    });

    [Theory]
    [InlineData("ffffffffff")]
    [InlineData("ffffffff80")]
    [InlineData("ffffffff1f")]
    [InlineData("80")]
    [InlineData("")]
    public void TooLongOrCutOff(string hex) => Varint.Read(Convert.FromHexString(hex), out _).ShouldBe(0);
}
