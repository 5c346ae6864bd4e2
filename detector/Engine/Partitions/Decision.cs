using Game.Contracts;

namespace Game.Detector.Partitions;

/// <summary>What the engine decided about a record.</summary>
public enum Verdict : byte
{
    /// <summary>An event of a known player, judged by the rules.</summary>
    Judged,

    /// <summary>The first event of a player: nothing to compare with yet.</summary>
    NewPlayer,

    /// <summary>
    /// A failed login of a player who has never logged in or traded: nothing is kept, because anyone could fill the memory with invented names.
    /// </summary>
    UnknownPlayer,

    /// <summary>The player's last 30 events hold one with this id and content: the repeat changes nothing.</summary>
    Repeated,

    /// <summary>The event's time is more than 5 minutes after its record's: it is judged if the player is known, but nothing of it is kept.</summary>
    Misdated,

    /// <summary>The value is not an event; it changes nothing.</summary>
    Undecodable,

    /// <summary>The record's key is not the event's user: its windows would be kept in the wrong partition. It changes nothing.</summary>
    KeyMismatch,
}

/// <summary>The engine's answer to one record.</summary>
/// <param name="Verdict">What the engine decided.</param>
/// <param name="Failure">Why it is undecodable, else none.</param>
/// <param name="Alerts">Up to two alerts of different rules. <see cref="Alert.DetectedAt"/> is 0: the engine has no clock, so the sender sets it.</param>
public readonly record struct Decision(Verdict Verdict, DecodeFailure Failure, IReadOnlyList<Alert> Alerts)
{
    /// <summary>Whether the record goes to <c>dead-letters</c>.</summary>
    public bool IsDeadLetter => Verdict is Verdict.Undecodable or Verdict.KeyMismatch;

    /// <summary>One sentence for the dead letter's header.</summary>
    public string Reason => Verdict switch
    {
        Verdict.Undecodable => Failure.ToString(),
        Verdict.KeyMismatch => "the record's key is not the event's user_id",
        _ => "the record was judged",
    };
}
