namespace Game.Worlds;

/// <summary>When a player plays.</summary>
/// <param name="PerDay">Sessions in a usual day.</param>
/// <param name="PeakHour">Hour of the day (UTC, 0 to 24) around which most of them begin.</param>
/// <param name="SpreadHours">How far from it.</param>
/// <param name="TradesPerSession">Of a usual session.</param>
/// <param name="BeginsAt">Before it the account does not exist, epoch milliseconds.</param>
/// <param name="EndsAt">After it the player never returns.</param>
/// <param name="Away">When the player does not play at all.</param>
public sealed record Rhythm(double PerDay, double PeakHour, double SpreadHours, double TradesPerSession, long BeginsAt, long EndsAt, Period Away)
{
    /// <summary>Whether the account exists and its owner has not left for good.</summary>
    public bool IsAlive(long atMs) => BeginsAt <= atMs && atMs < EndsAt;

    /// <summary>When the next session begins; <see cref="long.MaxValue"/> if none does.</summary>
    internal long Next(GameWorld world, long afterMs)
    {
        Dice dice = world.Dice;
        long from = Math.Max(afterMs, BeginsAt);
        double boost = (Calendar.IsWeekend(from) ? world.Settings.Weekend : 1) * (world.Calendar.IsFestival(from) ? 1.7 : 1);
        double days = -Math.Log(1 - dice.Share()) / (PerDay * boost);
        // The first session of somebody new is when the account begins.
        long at = from == BeginsAt && afterMs < BeginsAt ? from : from + (long)(Math.Min(days, 1_000) * Period.DayMs);
        long peak = NearPeak(dice, at);
        at = peak > from + Period.HourMs / 4 ? peak : at;
        at = Away.FromMs <= at && at < Away.UntilMs ? Away.UntilMs + (long)(dice.Share() * Period.DayMs) : at;
        return at < EndsAt ? at : long.MaxValue;
    }

    private long NearPeak(Dice dice, long at)
    {
        long midnight = at / Period.DayMs * Period.DayMs;
        return midnight + (long)((PeakHour + dice.Normal() * SpreadHours) * Period.HourMs);
    }
}
