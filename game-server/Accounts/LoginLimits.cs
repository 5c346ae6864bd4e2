namespace Game.GameServer.Accounts;

/// <summary>
/// Limits logins over HTTP: how many may be sent for one player from one place, and how many failed ones one address may send. Without the second limit anyone
/// could fill the log with guesses for invented players. It counts failed logins only, because many players may share an address, and it does not apply to
/// known places, so that strangers behind the same address do not delay them. Thread-safe.
/// </summary>
internal sealed class LoginLimits(int perPlayer, int failedPerAddress, TimeProvider time)
{
    private readonly LoginRateLimit _players = new(perPlayer, time);
    private readonly LoginRateLimit _addresses = new(failedPerAddress, time);

    /// <summary>
    /// Counts one login against the place's limit. For an unknown place it also counts against the address's limit until <see cref="Succeeded"/> removes it, so
    /// that many logins at once cannot exceed the limit.
    /// </summary>
    public bool TryAcquire(LoginPlace place, out int retryAfterSeconds)
    {
        if (place.IsKnown)
        {
            return _players.TryAcquire(place, out retryAfterSeconds);
        }

        if (!_addresses.TryAcquire(place.Network, out retryAfterSeconds))
        {
            return false;
        }

        if (_players.TryAcquire((place.UserId, place.Network), out retryAfterSeconds))
        {
            return true;
        }

        _addresses.GiveBack(place.Network);
        return false;
    }

    /// <summary>The login succeeded: it does not count as a failed one of its address.</summary>
    public void Succeeded(LoginPlace place)
    {
        if (!place.IsKnown)
        {
            _addresses.GiveBack(place.Network);
        }
    }
}
