using System.Globalization;

namespace Game.HdfsSink.Rows;

/// <summary>Which hour's folder a row goes to, and whether into the file that every query reads.</summary>
/// <param name="Hour">Hours since 1970-01-01T00:00Z.</param>
/// <param name="IsMisdated">Its own time lies too far from the record's, or it has none.</param>
internal readonly record struct Filing(long Hour, bool IsMisdated)
{
    private const long HourMs = 3_600_000;

    /// <summary>A game server's clock may be ahead of the broker's by this; more is a broken clock.</summary>
    private const long MaxAheadMs = 5 * 60_000;

    /// <summary>Older than this is not "late" any more: a week of history may be loaded, with a day's margin.</summary>
    private const long MaxBehindMs = 8 * 24 * HourMs;

    /// <summary>Files a row by its own time, unless that can't be right; then by the record's.</summary>
    /// <param name="time">The row's own time, epoch milliseconds, or null.</param>
    /// <param name="appendedAt">The record's timestamp, epoch milliseconds.</param>
    public static Filing Of(long? time, long appendedAt) =>
        time is { } own && own - appendedAt <= MaxAheadMs && appendedAt - own <= MaxBehindMs
            ? new(own / HourMs, IsMisdated: false)
            : new(appendedAt / HourMs, IsMisdated: true);

    /// <summary>"dt=2026-11-23/hour=06".</summary>
    public string Folder => DateTime.UnixEpoch.AddHours(Hour).ToString("'dt='yyyy-MM-dd'/hour='HH", CultureInfo.InvariantCulture);
}
