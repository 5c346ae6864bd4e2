using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Game.Contracts;

namespace Game.GameServer.Addresses;

/// <summary>A player's address as events have it: canonical text, without zone, an IPv4 address in IPv6 form as IPv4.</summary>
internal readonly record struct ClientAddress(string Text, IpValue Value)
{
    public static ClientAddress From(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        Span<byte> bytes = stackalloc byte[16];
        plain.TryWriteBytes(bytes, out _);
        if (plain.AddressFamily == AddressFamily.InterNetwork)
        {
            return new(plain.ToString(), new(BinaryPrimitives.ReadUInt32BigEndian(bytes), IsV4: true));
        }
        if (plain.ScopeId != 0)
        {
            plain = new IPAddress(bytes);
        }
        return new(plain.ToString(), new(BinaryPrimitives.ReadUInt128BigEndian(bytes), IsV4: false));
    }

    /// <summary>Reads an address that a trusted sender gives.</summary>
    public static bool TryParse(string text, out ClientAddress address)
    {
        address = default;
        Span<byte> utf8 = stackalloc byte[64];
        if (!Encoding.UTF8.TryGetBytes(text, utf8, out int length) || !IpValue.TryParse(utf8[..length], out IpValue value))
        {
            return false;
        }
        bool isPlainV4 = value.IsV4 && !text.Contains(':');
        if (isPlainV4)
        {
            address = new(text, value);
            return true;
        }

        bool parsed = IPAddress.TryParse(text, out IPAddress? ip);
        if (parsed)
        {
            address = From(ip!);
        }
        return parsed;
    }
}
