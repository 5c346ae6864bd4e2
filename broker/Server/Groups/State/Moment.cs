namespace Broker.Server.Groups.State;

/// <summary>Now, as the two clocks have it.</summary>
/// <param name="StampMs">Monotonic milliseconds: what time-outs go by.</param>
/// <param name="WallMs">Epoch milliseconds: what records and retention go by.</param>
internal readonly record struct Moment(long StampMs, long WallMs)
{
    /// <summary>Of a clock.</summary>
    public static Moment Of(TimeProvider clock) =>
        new((long)clock.GetElapsedTime(0).TotalMilliseconds, clock.GetUtcNow().ToUnixTimeMilliseconds());
}
