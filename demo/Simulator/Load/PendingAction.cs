using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>An action that has started and has no answer yet. Its latency counts from the instant at which it was due.</summary>
internal sealed class PendingAction(GameAction action, long dueTimestamp)
{
    public GameAction Action { get; } = action;

    /// <summary>A <see cref="System.Diagnostics.Stopwatch"/> timestamp.</summary>
    public long DueTimestamp { get; } = dueTimestamp;

    /// <summary>Session tokens of a trade's sides, null for a side named by its user id.</summary>
    public string? FirstToken { get; set; }

    public string? SecondToken { get; set; }

    public int Attempts { get; set; }
}

/// <summary>What a game server answered.</summary>
/// <param name="Status">HTTP status; 0 for none (the connection broke).</param>
/// <param name="Published">Whether the answer names events.</param>
/// <param name="Token">The session token of a login.</param>
/// <param name="RetryAfterSeconds">When to try again, after 503 and 429.</param>
/// <param name="Detail">What went wrong, if anything did, a sentence.</param>
/// <param name="Locked">Whether a login failed because the player is locked out; then no secret is accepted.</param>
internal readonly record struct Answer(int Status, bool Published, string? Token, double RetryAfterSeconds, string? Detail, bool Locked = false)
{
    /// <summary>Whether a login was refused because of its secret. A locked-out player is not counted: the lock-out follows from mistyped secrets.</summary>
    public bool IsWrongSecret => Status == 401 && !Locked;

    public bool IsUnknown => Status is 0 or >= 500;

    public bool IsAnswered => Status is >= 200 and < 300 || (Status == 401 && Published);
}

/// <summary>Carries actions to a game server. Implementations may be called from any thread.</summary>
internal interface IActionTransport : IAsyncDisposable
{
    /// <summary>Sends the action. The transport passes its answer, exactly once for each call, to the callback of the constructor.</summary>
    void Send(PendingAction pending);
}
