namespace Game.Worlds;

/// <summary>The time in which a world is played, epoch milliseconds: from the first, up to and without the second.</summary>
public readonly record struct Period(long FromMs, long UntilMs)
{
    public const long HourMs = 3_600_000;

    public const long DayMs = 24 * HourMs;

    public double Days => (double)(UntilMs - FromMs) / DayMs;

    /// <summary>An instant of it.</summary>
    public long Pick(Dice dice) => FromMs + (long)((UntilMs - FromMs) * dice.Share());
}
