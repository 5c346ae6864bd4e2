namespace Game.Worlds;

/// <summary>What happens to everybody in a world: festivals, ranges that get other addresses, an address table that is wrong for some hours.</summary>
public sealed class Calendar
{
    private const int DaysInMonth = 30;
    private readonly List<Period> _festivals;
    private readonly List<Period> _broken;
    private readonly List<(Network Network, long At)> _renumbered;

    internal Calendar(WorldSettings settings, IReadOnlyList<City> cities, Period period, Dice dice)
    {
        double months = period.Days / DaysInMonth;
        _festivals = [.. Times(settings.Festivals).Select(at => new Period(at, at + (long)(dice.Between(0.7, 2) * Period.DayMs)))];
        _broken = [.. Times(1).Select(at => new Period(at, at + (long)(settings.BrokenTableHours * Period.HourMs)))];
        _renumbered = [.. Times(settings.Renumberings).Select(at => (dice.Pick(dice.Pick(cities).Fixed), at))];

        long[] Times(double inAMonth) => [.. Enumerable.Range(0, (int)(inAMonth * months + dice.Share())).Select(_ => period.Pick(dice))];
    }

    public bool IsFestival(long atMs) => IsIn(_festivals, atMs);

    public bool IsTableBroken(long atMs) => IsIn(_broken, atMs);

    /// <summary>How often the lines of a network had got other addresses by then: part of each line's address.</summary>
    public uint NumberingOf(Network network, long atMs) => (uint)_renumbered.Count(one => one.Network == network && one.At <= atMs);

    public static bool IsWeekend(long atMs) => DateTimeOffset.FromUnixTimeMilliseconds(atMs).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;

    private static bool IsIn(List<Period> periods, long atMs) => periods.Exists(one => one.FromMs <= atMs && atMs < one.UntilMs);
}
