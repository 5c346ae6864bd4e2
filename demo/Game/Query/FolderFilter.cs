namespace Game.Cli.Query;

/// <summary>
/// What a query's condition says of the folders <c>dt=…/hour=…</c> a row can lie in. A condition that cannot be proven to exclude a folder keeps it.
/// </summary>
/// <param name="Allows">Whether rows of the folder of that date and hour (UTC) can fulfil the condition.</param>
/// <param name="IsProven">Whether the condition excludes anything at all.</param>
internal readonly record struct FolderFilter(Func<DateOnly, int, bool> Allows, bool IsProven)
{
    public static readonly FolderFilter Everything = new((_, _) => true, IsProven: false);

    public FolderFilter And(FolderFilter other)
    {
        if (!IsProven)
            return other;
        if (!other.IsProven)
            return this;
        Func<DateOnly, int, bool> left = Allows, right = other.Allows;
        return new((date, hour) => left(date, hour) && right(date, hour), IsProven: true);
    }

    public FolderFilter Or(FolderFilter other)
    {
        if (!IsProven || !other.IsProven)
            return Everything;
        Func<DateOnly, int, bool> left = Allows, right = other.Allows;
        return new((date, hour) => left(date, hour) || right(date, hour), IsProven: true);
    }

    public static FolderFilter OfDate(Func<DateOnly, bool> allows) => new((date, _) => allows(date), IsProven: true);

    public static FolderFilter OfHour(Func<long, bool> allows) => new((_, hour) => allows(hour), IsProven: true);

    /// <summary>Rows with a time between two instants, epoch milliseconds, both included.</summary>
    public static FolderFilter OfTime(long fromMs, long toMs) => new((date, hour) =>
    {
        long start = new DateTimeOffset(date.ToDateTime(default), TimeSpan.Zero).AddHours(hour).ToUnixTimeMilliseconds();
        return start <= toMs && start + 3_600_000 > fromMs;
    }, IsProven: true);
}
