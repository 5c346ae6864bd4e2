using Game.Contracts;
using Game.Detector.Arithmetic;
using Game.Detector.Rules;

namespace Game.Detector.Features;

/// <summary>The address range (network) that an address lies in, as a key of the tables of a player.</summary>
internal static class AddressRange
{
    /// <summary>A hash of the range of a textual address; 0 for an empty one.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> ip, WindowParameters windows)
    {
        if (!IpValue.TryParse(ip, out IpValue address))
        {
            return 0;
        }

        IpValue range = address.Prefix(address.IsV4 ? windows.V4PrefixBits : windows.V6PrefixBits);
        return StableHash.Of(range.Bits, range.IsV4);
    }
}
