using System.Net;
using CsCheck;
using Game.Contracts;
using Game.GameServer.Addresses;

namespace Game.GameServer.Tests;

public sealed class AddressTableTests
{
    // The prefixes differ in few leading bits, so that many contain each other or adjoin.
    private static readonly Gen<IpValue> V4 = Gen.Select(Gen.UInt[0, 7], Gen.UInt, (high, low) => new IpValue(high << 29 | (low >> 3), IsV4: true));
    private static readonly Gen<IpValue> V6 = Gen.Select(Gen.ULong[0, 7], Gen.ULong, (high, low) => new IpValue(new UInt128(high << 61, low), IsV4: false));

    private static readonly Gen<(IpValue Start, int Length)> Prefix = Gen.OneOf(
        Gen.Select(V4, Gen.Int[0, 32], (address, length) => (address.Prefix(length), length)),
        Gen.Select(V6, Gen.Int[0, 128], (address, length) => (address.Prefix(length), length)));

    [Fact]
    public void A_lookup_finds_the_longest_prefix_like_a_linear_search()
        => Gen.Select(Prefix.Array[0, 40], Gen.OneOf(V4, V6).Array[1, 40]).Sample((prefixes, addresses) =>
    {
        (IpValue Start, int Length)[] distinct = [.. prefixes.Distinct()];
        AddressTable table = Read(string.Join('\n', distinct.Select((prefix, i) => $"{Text(prefix.Start)}/{prefix.Length},,{i + 1},,")));
        foreach (IpValue address in addresses.Concat(distinct.Select(prefix => prefix.Start)))
        {
            table.Find(address).Asn.ShouldBe(PlainSearch(distinct, address));
        }
    });

    [Fact]
    public void All_fields_are_read_and_empty_ones_are_unknown()
    {
        AddressTable table = Read(
            """
            prefix,country,asn,lat,lon
            # a comment

            203.0.113.0/24, FR, 64501, 48.9, -2.4
            2001:db8::/32,JP,4294967295,,
            ::ffff:198.51.100.0/120,,,,
            198.51.100.128/25,US,,0,0
            """);
        table.Prefixes.ShouldBe(4);
        Find(table, "203.0.113.255").ShouldBe(new AddressInfo("FR", 64501, 48.9, -2.4));
        Find(table, "203.0.114.0").ShouldBe(AddressInfo.Unknown);
        Find(table, "2001:db8:ffff::1").ShouldBe(new AddressInfo("JP", 4294967295, null, null));
        Find(table, "198.51.100.1").ShouldBe(AddressInfo.Unknown);
        Find(table, "198.51.100.200").ShouldBe(new AddressInfo("US", 0, 0, 0));
    }

    [Theory]
    [InlineData("203.0.113.0/24,FR,1,2")]
    [InlineData("203.0.113.0/24,FR,1,2,3,4")]
    [InlineData("203.0.113.0,FR,1,2,3")]
    [InlineData("203.0.113.1/24,FR,1,2,3")]
    [InlineData("203.0.113.0/33,FR,1,2,3")]
    [InlineData("203.0.113.0/-1,FR,1,2,3")]
    [InlineData("2001:db8::/129,FR,1,2,3")]
    [InlineData("::ffff:0.0.0.0/95,FR,1,2,3")]
    [InlineData("garbage/8,FR,1,2,3")]
    [InlineData("203.0.113.0/24,fr,1,2,3")]
    [InlineData("203.0.113.0/24,FRA,1,2,3")]
    [InlineData("203.0.113.0/24,FR,-1,2,3")]
    [InlineData("203.0.113.0/24,FR,4294967296,2,3")]
    [InlineData("203.0.113.0/24,FR,1,91,3")]
    [InlineData("203.0.113.0/24,FR,1,NaN,3")]
    [InlineData("203.0.113.0/24,FR,1,2,181")]
    [InlineData("203.0.113.0/24,FR,1,2,")]
    [InlineData("203.0.113.0/24,FR,1,x,y")]
    public void A_bad_line_is_named_by_its_number(string line)
        => Should.Throw<FormatException>(() => Read("10.0.0.0/8,DE,1,2,3\n" + line)).Message.ShouldStartWith("Line 2 of the address table ");

    [Fact]
    public void A_prefix_given_twice_is_refused()
        => Should.Throw<FormatException>(() => Read("10.0.0.0/8,DE,1,2,3\n10.0.0.0/8,FR,1,2,3")).Message.ShouldContain("second time");

    [Fact]
    public void A_lookup_allocates_no_memory()
    {
        AddressTable table = Read("10.0.0.0/8,DE,1,2,3\n2001:db8::/32,FR,1,2,3");
        IpValue v4 = new(0x0A010203, IsV4: true);
        table.Find(v4);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            table.Find(v4);
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static AddressTable Read(string text) => AddressTableReader.Read(new StringReader(text));

    private static AddressInfo Find(AddressTable table, string address) => table.Find(ClientAddress.From(IPAddress.Parse(address)).Value);

    private static uint PlainSearch((IpValue Start, int Length)[] prefixes, IpValue address)
    {
        int best = -1;
        for (int i = 0; i < prefixes.Length; i++)
        {
            bool holds = prefixes[i].Start.IsV4 == address.IsV4 && address.Prefix(prefixes[i].Length) == prefixes[i].Start;
            if (holds && (best < 0 || prefixes[i].Length > prefixes[best].Length))
            {
                best = i;
            }
        }

        return (uint)(best + 1);
    }

    private static string Text(IpValue value)
    {
        byte[] bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value.Bits);
        return new IPAddress(value.IsV4 ? bytes[12..] : bytes).ToString();
    }
}
