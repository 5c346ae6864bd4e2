using Game.Contracts;

namespace Game.GameServer.Accounts;

/// <summary>Where a login comes from.</summary>
/// <param name="UserId">The player it is for.</param>
/// <param name="Network">The client's address; of an IPv6 address the first 64 bits, which one household or server has.</param>
/// <param name="DeviceId">The client's device.</param>
/// <param name="IsKnown">Whether the player has logged in with this device from this network before.</param>
internal readonly record struct LoginPlace(string UserId, IpValue Network, string DeviceId, bool IsKnown);
