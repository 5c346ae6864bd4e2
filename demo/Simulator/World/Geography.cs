using System.Globalization;
using System.Text;

namespace Game.Simulator.World;

/// <summary>A block of addresses that an access provider hands out in one city.</summary>
/// <param name="Prefix">The block's first address as a number.</param>
/// <param name="Length">Prefix length in bits.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Asn">The provider's autonomous system.</param>
/// <param name="Lat">Degrees.</param>
/// <param name="Lon">Degrees.</param>
/// <param name="Mobile">Whether it is a mobile provider's: addresses there change with every session.</param>
public sealed record Network(uint Prefix, int Length, string Country, uint Asn, double Lat, double Lon, bool Mobile)
{
    /// <summary>An address of the block in dotted form; <paramref name="host"/> is reduced to the block's size.</summary>
    public string Address(uint host)
    {
        uint address = Prefix | (host & (uint)((1UL << (32 - Length)) - 1));
        return $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}";
    }

    public string Cidr => $"{Address(0)}/{Length}";
}

/// <summary>The cities where players live, with their fixed and mobile networks; the same for every seed.</summary>
public sealed class Geography
{
    private const int FixedProvidersPerCountry = 3;
    private const int FixedPrefixLength = 20;
    private const int MobilePrefixLength = 18;
    private const uint FirstBlock = 0x14000000; // 20.0.0.0: blocks are assigned from here on, one /18 a network

    private static readonly (string Country, double Lat, double Lon)[] CityTable =
    [
        ("DE", 52.52, 13.40), ("DE", 48.14, 11.58), ("DE", 53.55, 9.99), ("FR", 48.86, 2.35), ("FR", 45.76, 4.84), ("GB", 51.51, -0.13), ("GB", 53.48, -2.24),
        ("US", 40.71, -74.01), ("US", 34.05, -118.24), ("US", 41.88, -87.63), ("US", 29.76, -95.37), ("BR", -23.55, -46.63), ("BR", -22.91, -43.17),
        ("CA", 43.65, -79.38), ("CA", 49.28, -123.12), ("JP", 35.68, 139.69), ("JP", 34.69, 135.50), ("KR", 37.57, 126.98), ("AU", -33.87, 151.21),
        ("PL", 52.23, 21.01), ("ES", 40.42, -3.70), ("IT", 41.90, 12.50), ("SE", 59.33, 18.07), ("MX", 19.43, -99.13), ("VN", 21.03, 105.85),
        ("ID", -6.21, 106.85), ("NG", 6.52, 3.38), ("UA", 50.45, 30.52), ("TR", 41.01, 28.98), ("PH", 14.60, 120.98),
    ];

    public Geography() => Cities = [.. CityTable.Select((city, index) => new City(index, city.Country, FixedNetworks(index), MobileNetwork(index)))];

    public IReadOnlyList<City> Cities { get; }

    /// <summary>The address table that game servers read: <c>prefix,country,asn,lat,lon</c> with a header line.</summary>
    public string ToCsv()
    {
        StringBuilder csv = new("prefix,country,asn,lat,lon\n");
        foreach (Network network in Cities.SelectMany(city => city.Fixed.Append(city.Mobile)))
        {
            csv.Append(CultureInfo.InvariantCulture, $"{network.Cidr},{network.Country},{network.Asn},{network.Lat:F4},{network.Lon:F4}\n");
        }
        return csv.ToString();
    }

    private static Network[] FixedNetworks(int city)
        => [.. Enumerable.Range(0, FixedProvidersPerCountry).Select(provider => Make(city, provider, FixedPrefixLength, mobile: false))];

    private static Network MobileNetwork(int city) => Make(city, FixedProvidersPerCountry, MobilePrefixLength, mobile: true);

    private static Network Make(int city, int provider, int length, bool mobile)
    {
        (string country, double lat, double lon) = CityTable[city];
        int countryIndex = Array.FindIndex(CityTable, entry => entry.Country == country);
        uint block = (uint)(city * (FixedProvidersPerCountry + 1) + provider);
        return new Network(FirstBlock + (block << (32 - MobilePrefixLength)), length, country, (uint)(64_500 + countryIndex * 10 + provider), lat, lon, mobile);
    }
}

/// <summary>A city with the networks its players can be in.</summary>
public sealed record City(int Index, string Country, IReadOnlyList<Network> Fixed, Network Mobile);
