using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>How actions reach the game servers.</summary>
public enum Transport
{
    /// <summary>Every action over the game world's WebSocket.</summary>
    Ws,

    /// <summary>Every action as a request of its own.</summary>
    Http,

    /// <summary>One player in ten over HTTP, the others over the WebSocket.</summary>
    Mixed,
}

/// <summary>The targets of the load, and its credentials.</summary>
/// <param name="Targets">Base addresses of game servers; players are spread over them.</param>
/// <param name="Credential">The game world's service credential.</param>
/// <param name="AccountsKey">The key of the demo's accounts, see <see cref="Contracts.DemoSecrets"/>.</param>
public sealed record LoadOptions(IReadOnlyList<Uri> Targets, Transport Transport, string Credential, byte[] AccountsKey)
{
    /// <summary>WebSocket connections to each target: with two, one can send while the other waits for its socket.</summary>
    public int ConnectionsPerTarget { get; init; } = 2;

    /// <summary>The latencies of actions that are due before this time are not measured.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.Zero;

    /// <summary>Whether <see cref="LoadStatistics.AnsweredEventIds"/> is wanted.</summary>
    public bool KeepAnsweredIds { get; init; }

    /// <summary>
    /// Called with every action that is answered and published, and with the timestamp of <see cref="System.Diagnostics.Stopwatch"/> at which it was due; from
    /// any thread.
    /// </summary>
    public Action<GameAction, long>? Acknowledged { get; init; }

    /// <summary>How long actions may stay unanswered after the last one was due.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
