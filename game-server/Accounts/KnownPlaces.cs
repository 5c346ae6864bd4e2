using System.Buffers.Binary;
using System.Text;
using Game.Contracts;
using Game.GameServer.Memory;

namespace Game.GameServer.Accounts;

/// <summary>
/// Remembers from which devices and networks players have logged in: logins of strangers never delay or lock out a login from a known place. A network here is
/// wider than an address (IPv4: a /24, IPv6: a /48), because providers change the address of a household. Thread-safe.
/// </summary>
/// <param name="hash">Hashes places to 8 bytes; its key is secret, so no client can choose two places with the same hash.</param>
/// <param name="generationSize">At least this many places are remembered, at most twice as many; about 30 bytes each.</param>
internal sealed class KnownPlaces(KeyedHash hash, int generationSize)
{
    private const int V4LimitBits = 32;
    private const int V6LimitBits = 64;
    private const int V4KnownBits = 24;
    private const int V6KnownBits = 48;
    private const int AddressBytes = 17;

    private readonly Lock _gate = new();
    private readonly RecentMap<ulong, bool> _places = new(generationSize);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>The place of a login that arrives now.</summary>
    public LoginPlace Find(string userId, IpValue address, string deviceId)
    {
        ulong place = HashOf(userId, address, deviceId);
        lock (_gate)
        {
            return new LoginPlace(userId, address.Prefix(address.IsV4 ? V4LimitBits : V6LimitBits), deviceId, _places.TryGet(place, out _));
        }
    }

    /// <summary>Remembers the place of a login whose secret was right.</summary>
    public void Add(string userId, IpValue address, string deviceId)
    {
        ulong place = HashOf(userId, address, deviceId);
        lock (_gate)
        {
            _places.Set(place, true);
        }
    }

    private ulong HashOf(string userId, IpValue address, string deviceId)
    {
        Span<byte> place = stackalloc byte[AddressBytes + sizeof(int) + (2 * ContractLimits.MaxIdBytes)];
        IpValue network = address.Prefix(address.IsV4 ? V4KnownBits : V6KnownBits);
        place[0] = network.IsV4 ? (byte)4 : (byte)6;
        BinaryPrimitives.WriteUInt128BigEndian(place[1..], network.Bits);
        int userLength = Encoding.UTF8.GetBytes(userId, place[(AddressBytes + sizeof(int))..]);
        BinaryPrimitives.WriteInt32BigEndian(place[AddressBytes..], userLength);
        int used = AddressBytes + sizeof(int) + userLength;
        used += Encoding.UTF8.GetBytes(deviceId, place[used..]);
        return hash.Of(place[..used]);
    }
}
