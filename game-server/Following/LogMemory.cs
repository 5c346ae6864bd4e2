using System.Text;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Memory;

namespace Game.GameServer.Following;

/// <summary>
/// What a game server learns from the log, whoever wrote it: which ids were used for which content, where players have logged in from, and which secrets were
/// wrong.
/// One thread at a time.
/// </summary>
internal sealed class LogMemory(RecentEvents recentEvents, KnownPlaces places, FailedLogins failures)
{
    private readonly EventDecoder _decoder = new();

    /// <summary>Learns from one record's value; what is no event is left to the detectors.</summary>
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
