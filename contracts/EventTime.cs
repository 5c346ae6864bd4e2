namespace Game.Contracts;

/// <summary>
/// The one rule that compares an event's own time (<c>ts</c>; of a label <c>labelled_at</c>) with the timestamp of its record, which the producing client sets.
/// The game server's clock gives <c>ts</c>, so the two times of a live event are seconds apart. Both are epoch milliseconds.
/// </summary>
public static class EventTime
{
    /// <summary>A game server's clock may be this far ahead of the record's timestamp; beyond it the clock is broken or the event is forged.</summary>
    public const long MaxAheadMs = 5 * 60_000;

    /// <summary>An event up to this far behind its record's timestamp is late; an older one is history. A week for late events, and a day as margin.</summary>
    public const long MaxBehindMs = 8 * 24 * 3_600_000L;

    /// <summary>
    /// Whether the event's time is more than 5 minutes after its record's. Such an event is misdated for every reader; it moves no clock and no baseline. A
    /// record without a timestamp (−1) makes every event misdated.
    /// </summary>
    /// <param name="ts">The event's time, 0 to <see cref="ContractLimits.MaxTimestamp"/>.</param>
    /// <param name="recordTimestamp">The record's timestamp; any number, as clients may send any.</param>
    public static bool IsMisdated(long ts, long recordTimestamp) => recordTimestamp < ts - MaxAheadMs;

    /// <summary>
    /// Whether the event's time is more than 8 days before its record's: the event was loaded, imported or replayed. The sink writes it to a separate file.
    /// </summary>
    /// <param name="ts">The event's time, 0 to <see cref="ContractLimits.MaxTimestamp"/>.</param>
    /// <param name="recordTimestamp">The record's timestamp; any number, as clients may send any.</param>
    public static bool IsHistory(long ts, long recordTimestamp) => recordTimestamp > ts + MaxBehindMs;
}
