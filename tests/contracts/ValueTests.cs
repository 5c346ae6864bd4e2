using System.Net;
using System.Text;
using CsCheck;

namespace Game.Contracts.Tests;

public sealed class ValueTests
{
    [Fact]
    public void Addresses_parse_as_the_framework_parses_them()
    {
        Gen<byte[]> bytes = Gen.OneOf(Gen.Byte.Array[4], Gen.Byte.Array[16], Gen.Select(Gen.Byte.Array[4], Gen.Int[0, 12], (b, at) => Sparse(b, at)));
        bytes.Sample(b =>
        {
            IPAddress address = new(b);
            IpValue.TryParse(Encoding.ASCII.GetBytes(address.ToString()), out IpValue value).ShouldBeTrue(address.ToString());
            IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            value.IsV4.ShouldBe(plain.GetAddressBytes().Length == 4);
            value.Bits.ShouldBe(plain.GetAddressBytes().Aggregate(UInt128.Zero, (bits, next) => bits << 8 | next));
        });
    }

    private static byte[] Sparse(byte[] four, int at)
    {
        byte[] sixteen = new byte[16];
        four.CopyTo(sixteen, at);
        return sixteen;
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("01.2.3.4")]
    [InlineData("256.1.1.1")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7::8")]
    [InlineData("12345::")]
    [InlineData("::1%eth0")]
    [InlineData("::1.2.3.4:1")]
    [InlineData("fe80::g")]
    public void Text_that_is_no_address_is_refused(string text) => IpValue.TryParse(Encoding.ASCII.GetBytes(text), out _).ShouldBeFalse();

    [Theory]
    [InlineData("203.0.113.77", 24, "203.0.113.0")]
    [InlineData("203.0.113.77", 0, "0.0.0.0")]
    [InlineData("2001:db8:1:2:3::", 48, "2001:db8:1::")]
    [InlineData("2001:db8::", 0, "::")]
    [InlineData("::1", 128, "::1")]
    public void Prefixes_keep_the_first_bits(string text, int length, string prefix)
    {
        IpValue.TryParse(Encoding.ASCII.GetBytes(text), out IpValue value).ShouldBeTrue();
        IpValue.TryParse(Encoding.ASCII.GetBytes(prefix), out IpValue expected).ShouldBeTrue();
        value.Prefix(length).ShouldBe(expected);
    }

    [Fact]
    public void Sides_differ_in_the_last_bit_only() => Gen.Guid.Sample(key =>
    {
        string first = EventIds.ForSide(key, TradeSide.First).ToString("N");
        string second = EventIds.ForSide(key, TradeSide.Second).ToString("N");
        first[..31].ShouldBe(second[..31]);
        first[..31].ShouldBe(key.ToString("N")[..31]);
        (Convert.ToInt32(first[31..], 16) ^ Convert.ToInt32(second[31..], 16)).ShouldBe(1);
    });

    [Fact]
    public void Only_UUIDs_of_version_7_are_valid_keys()
    {
        EventIds.IsUuidV7(Guid.CreateVersion7(DateTimeOffset.UnixEpoch)).ShouldBeTrue();
        EventIds.IsUuidV7(Guid.NewGuid()).ShouldBeFalse();
        EventIds.IsUuidV7(Guid.Empty).ShouldBeFalse();
    }

    [Fact]
    public void Alerts_have_as_many_partitions_as_events()
    {
        Topics topics = new(5);
        topics[Topics.Alerts].Partitions.ShouldBe(5);
        topics[Topics.DetectorState].Partitions.ShouldBe(5);
        topics.All.Count.ShouldBe(8);
        topics[Topics.PlayerEvents].Configs["retention.ms"].ShouldBe("-1");
        topics[Topics.Alerts].Configs["retention.ms"].ShouldBe("-1");
    }
}
