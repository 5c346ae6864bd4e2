using System.Globalization;
using Game.Contracts;

namespace Game.HdfsSink.Rows;

/// <summary>
/// The file that a row is written to: in the folder of an hour, either the file of dated rows or that of misdated rows. Every query reads the misdated ones.
/// </summary>
/// <param name="Hour">Hours since 1970-01-01T00:00Z.</param>
/// <param name="IsMisdated">Whether the row has no time of its own, or one that lies too far from the record's timestamp.</param>
internal readonly record struct HourFile(long Hour, bool IsMisdated)
{
    private const long HourMs = 3_600_000;

    /// <summary>Chooses the hour by the row's own time, or by the record's timestamp where the row's time is missing or cannot be right.</summary>
    /// <param name="time">The row's own time, epoch milliseconds, or null.</param>
    /// <param name="appendedAt">The record's timestamp, epoch milliseconds.</param>
    public static HourFile Of(long? time, long appendedAt) =>
        time is { } own && !EventTime.IsMisdated(own, appendedAt) && !EventTime.IsHistory(own, appendedAt)
            ? new(own / HourMs, IsMisdated: false)
            : new(appendedAt / HourMs, IsMisdated: true);

    /// <summary>The folder, e.g. "dt=2026-11-23/hour=06".</summary>
    public string Folder => DateTime.UnixEpoch.AddHours(Hour).ToString("'dt='yyyy-MM-dd'/hour='HH", CultureInfo.InvariantCulture);
}
