using System.Globalization;
using System.Text;

namespace Game.Worlds;

/// <summary>Whose addresses a network has.</summary>
public enum NetworkKind
{
    /// <summary>Of an access provider's lines: a line keeps its address for days or months.</summary>
    Fixed,

    /// <summary>Of a mobile provider: each session may have another address.</summary>
    Mobile,

    /// <summary>Of a university, where many play behind few addresses.</summary>
    Campus,

    /// <summary>Of a computing centre, where VPN providers have their exits.</summary>
    Hosting,
}

/// <summary>A block of addresses of one provider in one city.</summary>
/// <param name="Prefix">The block's first address as a number.</param>
/// <param name="Length">Prefix length in bits.</param>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Asn">The provider's autonomous system.</param>
/// <param name="Lat">Degrees.</param>
/// <param name="Lon">Degrees.</param>
/// <param name="Kind">Whose it is.</param>
public sealed record Network(uint Prefix, int Length, string Country, uint Asn, double Lat, double Lon, NetworkKind Kind)
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
    private const int FirstCountryAsn = 64_500;
    private const int FirstCityAsn = 65_000;
    private const uint FirstBlock = 0x14000000; // 20.0.0.0: blocks are assigned from here on, one /18 a network
    private const int BlockLength = 18;

    // The networks of each city, by provider: the country's three access providers, its mobile one, and two of the city's own.
    private static readonly (NetworkKind Kind, int Length)[] Providers =
    [
        (NetworkKind.Fixed, 20), (NetworkKind.Fixed, 20), (NetworkKind.Fixed, 20), (NetworkKind.Mobile, BlockLength), (NetworkKind.Campus, 24),
        (NetworkKind.Hosting, 22),
    ];

    private static readonly (string Country, double Lat, double Lon)[] CityTable =
    [
        ("DE", 52.52, 13.40), ("DE", 48.14, 11.58), ("DE", 53.55, 9.99), ("FR", 48.86, 2.35), ("FR", 45.76, 4.84), ("GB", 51.51, -0.13), ("GB", 53.48, -2.24),
        ("US", 40.71, -74.01), ("US", 34.05, -118.24), ("US", 41.88, -87.63), ("US", 29.76, -95.37), ("BR", -23.55, -46.63), ("BR", -22.91, -43.17),
        ("CA", 43.65, -79.38), ("CA", 49.28, -123.12), ("JP", 35.68, 139.69), ("JP", 34.69, 135.50), ("KR", 37.57, 126.98), ("AU", -33.87, 151.21),
        ("PL", 52.23, 21.01), ("ES", 40.42, -3.70), ("IT", 41.90, 12.50), ("SE", 59.33, 18.07), ("MX", 19.43, -99.13), ("VN", 21.03, 105.85),
        ("ID", -6.21, 106.85), ("NG", 6.52, 3.38), ("UA", 50.45, 30.52), ("TR", 41.01, 28.98), ("PH", 14.60, 120.98),
    ];

    public Geography() => Cities = [.. CityTable.Select((city, index) => new City(index, city.Country, NetworksOf(index)))];

    public IReadOnlyList<City> Cities { get; }

    /// <summary>The address table that game servers read: <c>prefix,country,asn,lat,lon</c> with a header line.</summary>
    public string ToCsv()
    {
        StringBuilder csv = new("prefix,country,asn,lat,lon\n");
        foreach (Network network in Cities.SelectMany(city => city.Networks))
        {
            csv.Append(CultureInfo.InvariantCulture, $"{network.Cidr},{network.Country},{network.Asn},{network.Lat:F4},{network.Lon:F4}\n");
        }
        return csv.ToString();
    }

    private static Network[] NetworksOf(int city) => [.. Enumerable.Range(0, Providers.Length).Select(provider => Make(city, provider))];

    private static Network Make(int city, int provider)
    {
        (string country, double lat, double lon) = CityTable[city];
        int countryIndex = Array.FindIndex(CityTable, entry => entry.Country == country);
        (NetworkKind kind, int length) = Providers[provider];
        uint block = (uint)(city * Providers.Length + provider);
        bool isOfCountry = kind is NetworkKind.Fixed or NetworkKind.Mobile;
        uint asn = (uint)(isOfCountry ? FirstCountryAsn + countryIndex * 10 + provider : FirstCityAsn + city * Providers.Length + provider);
        return new Network(FirstBlock + (block << (32 - BlockLength)), length, country, asn, lat, lon, kind);
    }
}

/// <summary>A city with the networks that its players can be in.</summary>
public sealed record City(int Index, string Country, IReadOnlyList<Network> Networks)
{
    public IReadOnlyList<Network> Fixed { get; } = [.. Networks.Where(network => network.Kind == NetworkKind.Fixed)];

    public Network Mobile => Of(NetworkKind.Mobile);

    public Network Campus => Of(NetworkKind.Campus);

    public Network Hosting => Of(NetworkKind.Hosting);

    private Network Of(NetworkKind kind) => Networks.First(network => network.Kind == kind);
}
