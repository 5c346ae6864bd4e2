using Game.Contracts;

namespace Game.GameServer.Addresses;

/// <summary>Country, provider and position of an address by its longest matching prefix. Immutable; lookups allocate nothing.</summary>
internal sealed class AddressTable
{
    private readonly AddressInfo[] _rows;
    private readonly RangeMap<uint> _v4;
    private readonly RangeMap<UInt128> _v6;

    public AddressTable(AddressInfo[] rows, List<PrefixRange<uint>> v4, List<PrefixRange<UInt128>> v6)
    {
        _rows = rows;
        Prefixes = v4.Count + v6.Count;
        _v4 = new(v4);
        _v6 = new(v6);
    }

    public static AddressTable Empty { get; } = new([], [], []);

    public int Prefixes { get; }

    public AddressInfo Find(IpValue address)
    {
        int row = address.IsV4 ? _v4.Find((uint)address.Bits) : _v6.Find(address.Bits);
        return row == RangeMap<uint>.NoRow ? AddressInfo.Unknown : _rows[row];
    }
}
