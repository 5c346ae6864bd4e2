using System.Text;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Memory;

namespace Game.GameServer.Following;

/// <summary>
/// What a game server learns from the events of all game servers: which ids were used for which content, from where players have logged in, and which logins
/// had a wrong secret. Not thread-safe.
/// </summary>
internal sealed class LogMemory(RecentEvents recentEvents, KnownPlaces places, FailedLogins failures)
{
    private readonly EventDecoder _decoder = new();

    /// <summary>Learns from one record's value. Ignores a value that is no event: the detectors report it.</summary>
    public void Learn(ReadOnlySpan<byte> value)
    {
        if (_decoder.Decode(value, out EventView view).IsFailure)
        {
            return;
        }

        recentEvents.Learn(view);
        if (view.Kind == EventKind.Login)
        {
            Learn(view);
        }
    }

    private void Learn(in EventView login)
    {
        if (!IpValue.TryParse(login.Ip, out IpValue address))
        {
            return;
        }

        string userId = Encoding.UTF8.GetString(login.UserId);
        string deviceId = Encoding.UTF8.GetString(login.DeviceId);
        if (login.Outcome == LoginOutcome.Ok)
        {
            places.Add(userId, address, deviceId);
        }
        else if (login.Outcome == LoginOutcome.BadPassword)
        {
            failures.Learn(places.Find(userId, address, deviceId), login.EventId, DateTimeOffset.FromUnixTimeMilliseconds(login.Ts));
        }
    }
}
