namespace Game.GameServer.Addresses;

/// <summary>What the address table says of a network.</summary>
/// <param name="Country">ISO 3166-1 alpha-2, or empty.</param>
/// <param name="Asn">Autonomous system number, 0 when unknown.</param>
/// <param name="Lat">Degrees; given together with <paramref name="Lon"/> or not at all.</param>
/// <param name="Lon">Degrees.</param>
internal readonly record struct AddressInfo(string Country, uint Asn, double? Lat, double? Lon)
{
    public static readonly AddressInfo Unknown = new("", 0, null, null);
}
