using System.Globalization;
using System.Text;
using Game.Contracts;

namespace Game.GameServer.Addresses;

/// <summary>
/// Reads an address table: lines of <c>prefix,country,asn,lat,lon</c>, all but the prefix may be empty. An empty line, one that begins with <c>#</c> and the
/// heading <c>prefix,country,asn,lat,lon</c> are skipped.
/// </summary>
internal sealed class AddressTableReader
{
    /// <summary>More prefixes than the routes of the whole internet; a larger file is a mistake, not a table.</summary>
    public const int MaxPrefixes = 8_000_000;

    private const string Heading = "prefix,country,asn,lat,lon";
    private const int Fields = 5;

    private readonly Dictionary<AddressInfo, int> _rowOf = [];
    private readonly Dictionary<string, string> _countries = new(StringComparer.Ordinal);
    private readonly List<PrefixRange<uint>> _v4 = [];
    private readonly List<PrefixRange<UInt128>> _v6 = [];
    private readonly HashSet<(IpValue, int)> _seen = [];

    /// <exception cref="FormatException">A line is malformed; the message is a sentence with its number.</exception>
    public static AddressTable Read(TextReader source)
    {
        AddressTableReader reader = new();
        int number = 0;
        while (source.ReadLine() is { } line)
        {
            number++;
            ReadOnlySpan<char> text = line.AsSpan().Trim();
            if (text.IsEmpty || text[0] == '#' || text.SequenceEqual(Heading))
            {
                continue;
            }
            if (reader.Add(text) is { } error)
            {
                throw new FormatException($"Line {number} of the address table {error}.");
            }
        }

        return new([.. reader._rowOf.OrderBy(row => row.Value).Select(row => row.Key)], reader._v4, reader._v6);
    }

    private string? Add(ReadOnlySpan<char> line)
    {
        Span<Range> fields = stackalloc Range[Fields + 1];
        if (line.Split(fields, ',', StringSplitOptions.TrimEntries) != Fields)
        {
            return $"does not have the {Fields} fields {Heading}";
        }
        if (!TryPrefix(line[fields[0]], out IpValue start, out int length))
        {
            return "does not begin with a prefix like 203.0.113.0/24 or 2001:db8::/32 whose bits beyond the length are zero";
        }
        if (!_seen.Add((start, length)))
        {
            return "gives a prefix a second time";
        }
        if (_seen.Count > MaxPrefixes)
        {
            return $"is one too many: a table has at most {MaxPrefixes} prefixes";
        }
        if (!TryInfo(line[fields[1]], line[fields[2]], line[fields[3]], line[fields[4]], out AddressInfo info, out string? error))
        {
            return error;
        }
        AddRange(start, length, RowOf(info));
        return null;
    }

    private void AddRange(IpValue start, int length, int row)
    {
        if (start.IsV4)
        {
            uint first = (uint)start.Bits;
            _v4.Add(new(first, first | (uint)((1UL << (32 - length)) - 1), row));
            return;
        }

        UInt128 host = length == 0 ? UInt128.MaxValue : (UInt128.One << (128 - length)) - 1;
        _v6.Add(new(start.Bits, start.Bits | host, row));
    }

    private int RowOf(AddressInfo info)
    {
        if (!_rowOf.TryGetValue(info, out int row))
        {
            row = _rowOf.Count;
            _rowOf.Add(info, row);
        }

        return row;
    }

    private static bool TryPrefix(ReadOnlySpan<char> text, out IpValue start, out int length)
    {
        start = default;
        length = 0;
        int slash = text.IndexOf('/');
        Span<byte> address = stackalloc byte[64];
        if (slash < 0 || !Encoding.UTF8.TryGetBytes(text[..slash], address, out int used) || !IpValue.TryParse(address[..used], out start))
        {
            return false;
        }
        if (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length))
        {
            return false;
        }
        // ::ffff:203.0.113.0/120 is 203.0.113.0/24.
        if (start.IsV4 && text[..slash].Contains(':'))
        {
            length -= 96;
        }
        return length >= 0 && length <= (start.IsV4 ? 32 : 128) && start.Prefix(length) == start;
    }

    private bool TryInfo(ReadOnlySpan<char> country, ReadOnlySpan<char> asn, ReadOnlySpan<char> lat, ReadOnlySpan<char> lon, out AddressInfo info,
        out string? error)
    {
        info = default;
        error = null;
        uint number = 0;
        double? latitude = null, longitude = null;
        if (!country.IsEmpty && (country.Length != 2 || !char.IsAsciiLetterUpper(country[0]) || !char.IsAsciiLetterUpper(country[1])))
        {
            error = "has a country that is not two capital letters";
        }
        else if (!asn.IsEmpty && !uint.TryParse(asn, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            error = "has an autonomous system number that is not between 0 and 4294967295";
        }
        else if (lat.IsEmpty != lon.IsEmpty)
        {
            error = "has only one of lat and lon";
        }
        else if (!TryDegrees(lat, 90, out latitude) || !TryDegrees(lon, 180, out longitude))
        {
            error = "has a lat beyond ±90 or a lon beyond ±180";
        }
        else
        {
            info = new(Intern(country), number, latitude, longitude);
        }
        return error is null;
    }

    private static bool TryDegrees(ReadOnlySpan<char> text, double bound, out double? degrees)
    {
        degrees = null;
        if (text.IsEmpty)
        {
            return true;
        }
        bool fits = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && Math.Abs(value) <= bound;
        degrees = value;
        return fits;
    }

    // A few hundred countries, millions of lines.
    private string Intern(ReadOnlySpan<char> country)
    {
        Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> lookup = _countries.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(country, out string? text))
        {
            text = country.ToString();
            _countries.Add(text, text);
        }

        return text;
    }
}
