using Game.Contracts;

namespace Game.GameServer.Accounts;

/// <summary>
/// The limits of logins over HTTP: how many a player sends, and how many failed ones an address does, or anyone could fill the log with guesses at invented names.
/// Failed ones only, as many players may share an address. Thread-safe.
/// </summary>
internal sealed class LoginLimits(int perPlayer, int failedPerAddress, TimeProvider time)
{
    /// <summary>What one household or server is given of IPv6.</summary>
    private const int V6PrefixBits = 64;

    private readonly LoginRateLimit players = new(perPlayer, time);
    private readonly LoginRateLimit addresses = new(failedPerAddress, time);

    /// <summary>Takes a login of the player's allowance, and of the address's until <see cref="Succeeded"/>: many at once cannot slip past it.</summary>
    public bool TryTake(string userId, IpValue address, out int retryAfterSeconds)
    {
        if (!addresses.TryTake(Network(address), out retryAfterSeconds))
            return false;
        if (players.TryTake(userId, out retryAfterSeconds))
            return true;
        addresses.GiveBack(Network(address));
        return false;
    }

    /// <summary>A login that was let in has not failed.</summary>
    public void Succeeded(IpValue address) => addresses.GiveBack(Network(address));

    private static IpValue Network(IpValue address) => address.IsV4 ? address : address.Prefix(V6PrefixBits);
}
