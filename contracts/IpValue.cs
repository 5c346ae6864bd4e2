using System.Buffers.Binary;

namespace Game.Contracts;

/// <summary>
/// An IP address as a number, parsed without allocation (the framework's parser allocates an object for each address). For IPv4 addresses, also those mapped
/// into IPv6, <see cref="IsV4"/> is set and the address is in the low 32 bits.
/// </summary>
public readonly record struct IpValue(UInt128 Bits, bool IsV4)
{
    private const int Groups = 8;

    /// <summary>The address with all but its first <paramref name="length"/> bits cleared.</summary>
    public IpValue Prefix(int length)
    {
        int width = IsV4 ? 32 : 128;
        int cleared = Math.Clamp(width - length, 0, width);
        UInt128 bits = cleared == 128 ? UInt128.Zero : Bits >> cleared << cleared;
        return new(bits, IsV4);
    }

    /// <summary>Reads dotted IPv4 (four decimal octets) or RFC 4291 IPv6 text, without zone.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out IpValue address)
    {
        if (text.IndexOf((byte)':') < 0)
        {
            bool v4 = TryParseV4(text, out uint bits);
            address = new(bits, IsV4: true);
            return v4;
        }

        return TryParseV6(text, out address);
    }

    private static bool TryParseV4(ReadOnlySpan<byte> text, out uint bits)
    {
        bits = 0;
        int octet = 0, digits = 0, dots = 0;
        foreach (byte c in text)
        {
            if (c == '.')
            {
                if (digits == 0 || ++dots > 3)
                {
                    return false;
                }
                bits = bits << 8 | (uint)octet;
                octet = digits = 0;
                continue;
            }

            if (c is < (byte)'0' or > (byte)'9' || (digits > 0 && octet == 0))
            {
                return false;
            }
            octet = octet * 10 + (c - '0');
            digits++;
            if (octet > 255)
            {
                return false;
            }
        }

        bits = bits << 8 | (uint)octet;
        return dots == 3 && digits > 0;
    }

    private static bool TryParseV6(ReadOnlySpan<byte> text, out IpValue address)
    {
        address = default;
        Span<ushort> groups = stackalloc ushort[Groups];
        int count = 0, gap = -1, at = 0;
        if (text.StartsWith("::"u8))
        {
            gap = 0;
            at = 2;
        }

        while (at < text.Length)
        {
            int end = text[at..].IndexOf((byte)':');
            ReadOnlySpan<byte> part = end < 0 ? text[at..] : text.Slice(at, end);
            if (!ReadGroup(part, isLast: end < 0, groups, ref count))
            {
                return false;
            }
            if (end < 0)
            {
                break;
            }
            at += end + 1;
            if (at == text.Length)
            {
                return false;
            }
            if (text[at] == ':')
            {
                if (gap >= 0)
                {
                    return false;
                }
                gap = count;
                at++;
            }
        }

        if (gap < 0 ? count != Groups : count >= Groups)
        {
            return false;
        }
        address = Assemble(groups, count, gap);
        return true;
    }

    private static bool ReadGroup(ReadOnlySpan<byte> part, bool isLast, Span<ushort> groups, ref int count)
    {
        if (isLast && part.IndexOf((byte)'.') >= 0)
        {
            if (count > Groups - 2 || !TryParseV4(part, out uint v4))
            {
                return false;
            }
            groups[count++] = (ushort)(v4 >> 16);
            groups[count++] = (ushort)v4;
            return true;
        }

        if (count == Groups || part.Length is 0 or > 4)
        {
            return false;
        }
        int group = 0;
        foreach (byte c in part)
        {
            int digit = HexDigit(c);
            if (digit < 0)
            {
                return false;
            }
            group = group << 4 | digit;
        }

        groups[count++] = (ushort)group;
        return true;
    }

    private static int HexDigit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };

    private static IpValue Assemble(ReadOnlySpan<ushort> groups, int count, int gap)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        int after = gap < 0 ? 0 : count - gap;
        for (int i = 0; i < count; i++)
        {
            int index = gap >= 0 && i >= gap ? Groups - after + (i - gap) : i;
            BinaryPrimitives.WriteUInt16BigEndian(bytes[(index * 2)..], groups[i]);
        }

        UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return bits >> 32 == 0xFFFF ? new(bits & uint.MaxValue, IsV4: true) : new(bits, IsV4: false);
    }
}
