namespace Game.Contracts;

/// <summary>
/// The one rule about an event's own time (<c>ts</c>; an alert's, a label's <c>labelled_at</c>) beside the timestamp of its record, which the producing client
/// sets.
/// The game server's clock makes <c>ts</c>, so a live event lies within seconds of its record. Both are epoch milliseconds.
/// </summary>
public static class EventTime
{
    /// <summary>A game server's clock may be ahead of the record's by this; more is a broken clock or a forged event.</summary>
    public const long MaxAheadMs = 5 * 60_000;

    /// <summary>An event that lies further behind its record is no late event but history: a week may be loaded, with a day's margin.</summary>
    public const long MaxBehindMs = 8 * 24 * 3_600_000L;

    /// <summary>Whether the event claims a time more than 5 minutes after its record's: everyone treats it as misdated, and it moves no clock and no
    /// baseline.</summary>
    /// <param name="ts">The event's time, 0 to <see cref="ContractLimits.MaxTimestamp"/>.</param>
    /// <param name="recordTimestamp">The record's timestamp; any number, as clients may send any.</param>
    public static bool IsMisdated(long ts, long recordTimestamp) => recordTimestamp < ts - MaxAheadMs;

    /// <summary>Whether the event lies more than 8 days before its record: it is loaded, imported or replayed, and the sink files it apart.</summary>
    /// <param name="ts">The event's time, 0 to <see cref="ContractLimits.MaxTimestamp"/>.</param>
    /// <param name="recordTimestamp">The record's timestamp; any number, as clients may send any.</param>
    public static bool IsHistory(long ts, long recordTimestamp) => recordTimestamp > ts + MaxBehindMs;
}
