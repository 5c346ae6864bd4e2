using Game.Contracts;
using Game.Detector.Rules;

namespace Game.Detector.Features;

/// <summary>How texts of events become keys of the familiar tables.</summary>
internal static class Hashes
{
    /// <summary>The address range of a textual address; 0 for an empty one.</summary>
    public static ulong Network(ReadOnlySpan<byte> ip, WindowParameters windows)
    {
        if (!IpValue.TryParse(ip, out IpValue address))
        {
            return 0;
        }
        IpValue range = address.Prefix(address.IsV4 ? windows.V4PrefixBits : windows.V6PrefixBits);
        return StableHash.Of(range.Bits, range.IsV4);
    }
}
