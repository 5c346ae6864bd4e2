namespace Game.GameServer.Accounts;

/// <summary>
/// The limits of logins over HTTP: how many are sent for a player from one place, and how many failed ones an address sends, or anyone could fill the log with
/// guesses at invented names. Failed ones only, as many players may share an address; and none of it for a place that is known, which strangers behind the same
/// address must not hold up. Thread-safe.
/// </summary>
internal sealed class LoginLimits(int perPlayer, int failedPerAddress, TimeProvider time)
{
    private readonly LoginRateLimit _players = new(perPlayer, time);
    private readonly LoginRateLimit _addresses = new(failedPerAddress, time);

    /// <summary>Takes a login of the place's allowance, and a stranger's of the address's until <see cref="Succeeded"/>: many at once cannot slip past
    /// it.</summary>
    public bool TryTake(LoginPlace place, out int retryAfterSeconds)
    {
        if (place.IsKnown)
        {
            return _players.TryTake(place, out retryAfterSeconds);
        }

        if (!_addresses.TryTake(place.Network, out retryAfterSeconds))
        {
            return false;
        }

        if (_players.TryTake((place.UserId, place.Network), out retryAfterSeconds))
        {
            return true;
        }

        _addresses.GiveBack(place.Network);
        return false;
    }

    /// <summary>A login that was let in has not failed.</summary>
    public void Succeeded(LoginPlace place)
    {
        if (!place.IsKnown)
        {
            _addresses.GiveBack(place.Network);
        }
    }
}
