using Game.Detector.Arithmetic;
using Game.Detector.Features;
using Game.Detector.Rules;

namespace Game.Detector.Scoring;

/// <summary>A player's address range, stable for a long time, changes suddenly.</summary>
internal static class IpChangeRule
{
    /// <summary>0 to 1; 0 while the player is too new.</summary>
    public static double Rate(in LoginFeatures login, IpChangeParameters rule)
    {
        if (login.Logins < rule.MinLogins)
        {
            return 0;
        }
        double sum = (login.NewNetwork * rule.NetworkWeight)
            + (login.NewAsn * rule.AsnWeight)
            + (login.NewCountry * rule.CountryWeight)
            + (login.NewDevice * rule.DeviceWeight)
            + (Speed(login, rule) * rule.SpeedWeight)
            + (ScoreSteps.Ramp(login.Failures, rule.FailuresFrom, rule.FailuresTo) * rule.FailuresWeight);
        return ScoreSteps.Round(sum);
    }

    private static double Speed(in LoginFeatures login, IpChangeParameters rule)
        => login.DistanceKm < rule.MinDistanceKm ? 0 : ScoreSteps.Ramp(login.SpeedKmh, rule.SpeedFromKmh, rule.SpeedToKmh);
}
