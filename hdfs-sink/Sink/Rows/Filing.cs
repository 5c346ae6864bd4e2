using System.Globalization;
using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>Which hour's folder a row goes to, and whether into the file that every query reads.</summary>
/// <param name="Hour">Hours since 1970-01-01T00:00Z.</param>
/// <param name="IsMisdated">Its own time lies too far from the record's, or it has none.</param>
internal readonly record struct Filing(long Hour, bool IsMisdated)
{
    private const long HourMs = 3_600_000;

    /// <summary>Files a row by its own time, unless that can't be right; then by the record's.</summary>
    /// <param name="time">The row's own time, epoch milliseconds, or null.</param>
    /// <param name="appendedAt">The record's timestamp, epoch milliseconds.</param>
    public static Filing Of(long? time, long appendedAt) =>
        time is { } own && !EventTime.IsMisdated(own, appendedAt) && !EventTime.IsHistory(own, appendedAt)
            ? new(own / HourMs, IsMisdated: false)
            : new(appendedAt / HourMs, IsMisdated: true);

    /// <summary>"dt=2026-11-23/hour=06".</summary>
    public string Folder => DateTime.UnixEpoch.AddHours(Hour).ToString("'dt='yyyy-MM-dd'/hour='HH", CultureInfo.InvariantCulture);
}
